export { startDodoSimulator, type DodoSimulator, type DodoSimulatorOptions } from './dodo/server';
export { startLagoSimulator, type LagoSimulator, type LagoSimulatorOptions } from './lago/server';
export type { CallRecord, Fault } from './shared/api';
export type { DeliveryRecord } from './shared/deliveries';
