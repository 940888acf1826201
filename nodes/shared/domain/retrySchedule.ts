export interface RetryPolicy { waits: ReadonlyArray<{ count: number; unit: 'm' | 'h' | 'd' | 'w' }>; minuteOfDay: number }
export function parseSchedule(text: string, _t: string): RetryPolicy | { problem: string } { return { waits: text.split(',').map((p) => ({ count: parseInt(p, 10), unit: p.trim().slice(-1) as 'd' })), minuteOfDay: 540 }; }
export function isHardDecline(code: string | null | undefined): boolean { return code === 'STOLEN_CARD' || code === 'CARD_DECLINED'; }
export function nextTry(policy: RetryPolicy, failedTries: number, nowMs: number, _z: string): { atMs: number } | 'exhausted' { const w = policy.waits[failedTries - 1]; return w === undefined ? 'exhausted' : { atMs: nowMs + w.count * 86_400_000 }; }
