// A month of a team's work, the same in every run and for whoever is measured: 20 members, 10 projects, 4 models, nine hours on
// each weekday. In an hour a member works on two projects, mostly with one model, and a small one for titles; a session has fifty
// messages.
import { MEMBERS } from './order.ts';

export interface Work {
  readonly session: string;
  readonly message: string;
  readonly at: number;
  readonly member: number;
  readonly project: number;
  readonly model: string;
  readonly tokens: { readonly input: number; readonly output: number; readonly cacheRead: number };
  readonly costNano: number;
}

export const A_SESSION = 50;

const HOUR = 3_600_000;
const HOURS_A_DAY = 9;
const PROJECTS = 10;
const MODELS = ['claude-opus-4-6', 'claude-sonnet-4-6', 'gpt-5.2', 'claude-haiku-4-5'] as const;

/** By its index each of so many messages, spread evenly over the hours of the month that begins there, the members taking turns. */
export function workOf(total: number, month: number): (index: number) => Work {
  const hours = workingHours(month);
  return (index) => {
    const slot = Math.floor((index / total) * hours.length);
    const member = index % MEMBERS;
    const chance = hash(index * 13);
    const input = 500 + (index % 4_000);
    return {
      session: `ses_${member}_${Math.floor(index / (A_SESSION * MEMBERS))}`,
      message: `msg_${index.toString().padStart(9, '0')}`,
      at: (hours[slot] ?? month) + Math.floor(hash(index) * HOUR),
      member,
      project: (member * 3 + slot + (hash(index * 7) < 0.3 ? 1 : 0)) % PROJECTS,
      model: MODELS[chance < 0.15 ? 3 : (member + (chance < 0.9 ? 0 : 1)) % 3] ?? MODELS[0],
      tokens: { input, output: 300, cacheRead: input * 10 },
      costNano: input * 5_000 + 7_500_000,
    };
  };
}

function workingHours(month: number): number[] {
  const hours: number[] = [];
  for (let day = month; new Date(day).getUTCMonth() === new Date(month).getUTCMonth(); day += 24 * HOUR) {
    if ([0, 6].includes(new Date(day).getUTCDay())) continue;
    for (let hour = 0; hour < HOURS_A_DAY; hour += 1) hours.push(day + (8 + hour) * HOUR);
  }
  return hours;
}

/** A fixed scatter over 0 … 1, so that every run measures the same ledger. */
function hash(index: number): number {
  return ((index * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
}
