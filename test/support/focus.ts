// The rules of FOCUS 1.2 that a row of ours can break: mandatory columns, what may be null and when, formats, periods, values.
type Row = Record<string, string>;

const DECIMAL = /^-?\d+(\.\d+)?$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

const MANDATORY =
  `BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory
  ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost
  PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName`.split(/\s+/);
const NULLABLE = ['BillingAccountName', 'ChargeClass', 'ChargeDescription', 'PricingQuantity', 'PricingUnit'];
const COSTS = ['BilledCost', 'ContractedCost', 'EffectiveCost', 'ListCost'];
const TIMES = ['BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'];
const CATEGORIES = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'];

/** A rule has a name and says whether a row keeps to it. An empty cell is null. */
const RULES: readonly (readonly [string, (row: Row) => boolean])[] = [
  ...MANDATORY.map((name) => [`${name} is present`, (row: Row) => name in row] as const),
  ...MANDATORY.filter((name) => !NULLABLE.includes(name)).map(
    (name) => [`${name} is not null`, (row: Row) => row[name] !== ''] as const,
  ),
  ...COSTS.map((name) => [`${name} is a decimal`, (row: Row) => DECIMAL.test(row[name] ?? '')] as const),
  ...TIMES.map((name) => [`${name} is a time in UTC`, (row: Row) => isTime(row[name] ?? '')] as const),
  ['the billing currency is a code of ISO 4217', ({ BillingCurrency = '' }) => /^[A-Z]{3}$/.test(BillingCurrency)],
  ['the charge category is one of the allowed', ({ ChargeCategory = '' }) => CATEGORIES.includes(ChargeCategory)],
  ['the charge class is Correction or null', ({ ChargeClass = '' }) => ['', 'Correction'].includes(ChargeClass)],
  ['the service category is one of the allowed', (row) => row['ServiceCategory'] === 'AI and Machine Learning'],
  ['the service subcategory belongs to it', (row) => ['Generative AI', ''].includes(row['ServiceSubcategory'] ?? '')],
  ['periods begin before they end', (row) => before(row, 'ChargePeriodStart', 'ChargePeriodEnd')],
  ['the billing period begins before it ends', (row) => before(row, 'BillingPeriodStart', 'BillingPeriodEnd')],
  [
    'the charge period lies in the billing period',
    (row) =>
      !before(row, 'ChargePeriodStart', 'BillingPeriodStart') && !before(row, 'BillingPeriodEnd', 'ChargePeriodEnd'),
  ],
  ['usage that is no correction has a pricing quantity', (row) => isCorrection(row) || row['PricingQuantity'] !== ''],
  [
    'a pricing quantity is a decimal',
    ({ PricingQuantity = '' }) => PricingQuantity === '' || DECIMAL.test(PricingQuantity),
  ],
  ['a pricing unit goes with a quantity', (row) => (row['PricingQuantity'] === '') === (row['PricingUnit'] === '')],
  [
    'a consumed quantity is positive',
    ({ ConsumedQuantity = '' }) => ConsumedQuantity === '' || Number(ConsumedQuantity) > 0,
  ],
  ['a consumed unit goes with a quantity', (row) => (row['ConsumedQuantity'] === '') === (row['ConsumedUnit'] === '')],
  ['usage has a SKU', (row) => row['SkuId'] !== ''],
  ['a sub-account has its type', (row) => (row['SubAccountId'] === '') === (row['SubAccountType'] === '')],
  ['a sub-account without an id has no name', (row) => row['SubAccountId'] !== '' || row['SubAccountName'] === ''],
  ['a resource has its type', (row) => (row['ResourceId'] === '') === (row['ResourceType'] === '')],
  ['tags are a JSON object of texts and nulls', ({ Tags = '' }) => areTags(Tags)],
  [
    'columns that are not of FOCUS begin with x_',
    (row) => Object.keys(row).every((name) => /^([A-Z][A-Za-z]+|x_\w+)$/.test(name)),
  ],
];

/** The rules that rows break, by name. */
export function broken(rows: readonly Row[]): string[] {
  return RULES.filter(([, holds]) => !rows.every((row) => holds(row))).map(([name]) => name);
}

function isCorrection(row: Row): boolean {
  return row['ChargeClass'] === 'Correction';
}

function isTime(text: string): boolean {
  return TIME.test(text) && !Number.isNaN(Date.parse(text));
}

function before(row: Row, first: string, second: string): boolean {
  return Date.parse(row[first] ?? '') < Date.parse(row[second] ?? '');
}

function areTags(text: string): boolean {
  const tags: unknown = JSON.parse(text);
  return (
    typeof tags === 'object' &&
    tags !== null &&
    Object.values(tags).every((value) => value === null || typeof value === 'string')
  );
}
