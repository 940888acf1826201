export { startDodoSimulator, type DodoSimulator, type DodoSimulatorOptions } from './dodo/server';
export { startLagoSimulator, type LagoSimulator, type LagoSimulatorOptions, type NewCreditNote } from './lago/server';
export type { CallRecord } from './shared/api';
export type { DeliveryKnobs, DeliveryRecord } from './shared/deliveries';
export type { Fault } from './shared/faults';
export type { RateLimit } from './shared/rateLimit';
