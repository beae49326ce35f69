// Charges as rows of FOCUS 1.2 (FinOps Open Cost and Usage Specification): the mandatory columns and those that say something here.
// A row is all that a member spent on a day in a project on a model, and it is not split by type of token: what OpenCode reports
// is one figure for a message, and any split of it would be invented. So there is no list *unit* price either; the tokens of
// each type stand beside the charge. What a plan covers is billed at 0 and listed at what it would have cost.
import { formatUsd } from './money.ts';
import type { Period } from './period.ts';

export interface FocusSpend {
  readonly member: string | null;
  readonly project: string | null;
  readonly project_name: string | null;
  readonly branch: string | null;
  readonly agent: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly basis: string;
  readonly messages: string;
  readonly input: string;
  readonly output: string;
  readonly reasoning: string;
  readonly cache_read: string;
  readonly cache_write: string;
  readonly cost: string;
  readonly reported: string;
  readonly list: string;
  readonly unpriced: string;
  readonly unlisted: string;
  /** The part of cost that came after the billing period had closed. */
  readonly late: string;
}

export interface FocusPeriod {
  readonly team: { readonly id: string; readonly name: string };
  readonly charge: Period;
  /** The calendar month in UTC that the charge lies in. */
  readonly billing: Period;
}

/** What differs between the regular and the late part of a charge. */
interface Share {
  readonly isCorrection: boolean;
  readonly cost: bigint;
  readonly list: bigint;
  /** Whether the messages and their tokens are counted in this row. */
  readonly isCounted: boolean;
}

/** One row, or two where a part of the cost came late: their sum is the charge to the nano-dollar. */
export function focusRows(spend: FocusSpend, period: FocusPeriod): Record<FocusColumn, string | null>[] {
  return sharesOf(spend).map((share) => {
    const values: Row = { spend, share, ...period };
    const cells = FOCUS_COLUMNS.map((column) => [column, COLUMNS[column](values)] as const);
    return Object.fromEntries(cells) as Record<FocusColumn, string | null>;
  });
}

function sharesOf(spend: FocusSpend): Share[] {
  const [cost, late] = [BigInt(spend.cost), BigInt(spend.late)];
  // Without a list price it matches what is billed (FOCUS 1.2, ListCost), where any message of the charge has none too: which part
  // of the cost is theirs is not kept. On every other basis what has no list price costs nothing.
  const isListed = spend.basis !== 'reported' || spend.unlisted === '0';
  const list = isListed ? BigInt(spend.list) : cost;
  if (late === 0n || late === cost) return [{ isCorrection: late !== 0n, cost, list, isCounted: true }];
  const lateList = cost === 0n ? late : (list * late) / cost;
  return [
    { isCorrection: false, cost: cost - late, list: list - lateList, isCounted: true },
    { isCorrection: true, cost: late, list: lateList, isCounted: false },
  ];
}

interface Row extends FocusPeriod {
  readonly spend: FocusSpend;
  readonly share: Share;
}

const provider = ({ spend }: Row) => spend.provider ?? 'unknown';
const billed = ({ share }: Row) => formatUsd(share.cost);
const listed = ({ share }: Row) => formatUsd(share.list);
const time = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
const counted = (name: 'messages' | 'unpriced' | 'unlisted' | keyof typeof TOKENS) => (row: Row) =>
  row.share.isCounted ? row.spend[name] : null;

const TOKENS = { input: 0n, output: 0n, reasoning: 0n, cache_read: 0n, cache_write: 0n };

function countOf(messages: string): string {
  return `${messages} message${messages === '1' ? '' : 's'}`;
}

/** A correction is of the cost alone. */
function tokens({ spend, share }: Row): bigint | null {
  if (!share.isCounted) return null;
  return Object.keys(TOKENS).reduce((sum, name) => sum + BigInt(spend[name as keyof typeof TOKENS]), 0n);
}

const COLUMNS = {
  BilledCost: billed,
  BillingAccountId: ({ team }: Row) => team.id,
  BillingAccountName: ({ team }: Row) => team.name,
  BillingAccountType: () => 'Team',
  BillingCurrency: () => 'USD',
  BillingPeriodEnd: ({ billing }: Row) => time(billing.end),
  BillingPeriodStart: ({ billing }: Row) => time(billing.start),
  ChargeCategory: () => 'Usage',
  ChargeClass: ({ share }: Row) => (share.isCorrection ? 'Correction' : null),
  ChargeDescription: ({ spend, share }: Row) =>
    `${spend.model ?? 'unknown model'}, ${share.isCounted ? countOf(spend.messages) : 'reported late'}`,
  ChargeFrequency: () => 'Usage-Based',
  ChargePeriodEnd: ({ charge }: Row) => time(charge.end),
  ChargePeriodStart: ({ charge }: Row) => time(charge.start),
  // FOCUS takes nothing but a positive quantity here.
  ConsumedQuantity: (row: Row) => (tokens(row) || null)?.toString() ?? null,
  ConsumedUnit: (row: Row) => (tokens(row) ? 'Tokens' : null),
  // No negotiated discount is known.
  ContractedCost: listed,
  EffectiveCost: billed,
  InvoiceIssuerName: provider,
  ListCost: listed,
  PricingQuantity: (row: Row) => tokens(row)?.toString() ?? null,
  PricingUnit: (row: Row) => (tokens(row) === null ? null : 'Tokens'),
  ProviderName: provider,
  PublisherName: provider,
  ResourceId: ({ spend }: Row) => spend.member,
  ResourceName: ({ spend }: Row) => spend.member,
  ResourceType: ({ spend }: Row) => (spend.member === null ? null : 'Member'),
  ServiceCategory: () => 'AI and Machine Learning',
  ServiceName: (row: Row) => `${provider(row)} models`,
  ServiceSubcategory: () => 'Generative AI',
  SkuId: (row: Row) => `${provider(row)}/${row.spend.model ?? 'unknown'}`,
  SkuMeter: () => 'Tokens',
  SubAccountId: ({ spend }: Row) => spend.project,
  SubAccountName: ({ spend }: Row) => (spend.project === null ? null : spend.project_name),
  SubAccountType: ({ spend }: Row) => (spend.project === null ? null : 'Repository'),
  Tags: ({ spend: { member, agent, branch } }: Row) => JSON.stringify({ member, agent, branch }),
  x_Basis: ({ spend }: Row) => spend.basis,
  x_Messages: counted('messages'),
  x_UnpricedMessages: counted('unpriced'),
  x_UnlistedMessages: counted('unlisted'),
  x_InputTokens: counted('input'),
  x_OutputTokens: counted('output'),
  x_ReasoningTokens: counted('reasoning'),
  x_CacheReadTokens: counted('cache_read'),
  x_CacheWriteTokens: counted('cache_write'),
} as const satisfies Record<string, (row: Row) => string | null>;

export type FocusColumn = keyof typeof COLUMNS;
export const FOCUS_COLUMNS = Object.keys(COLUMNS) as FocusColumn[];
