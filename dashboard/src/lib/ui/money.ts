const formats = new Map<string, { format: Intl.NumberFormat; factor: number }>();

function formatOf(currency: string) {
  let known = formats.get(currency);
  if (!known) {
    const format = new Intl.NumberFormat('en-US', { style: 'currency', currency });
    known = { format, factor: 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2) };
    formats.set(currency, known);
  }
  return known;
}

/** Formats an amount in minor units: `formatMoney(4598, 'USD')` is `$45.98`, and `formatMoney(4598, 'JPY')` is `¥4,598`. */
export function formatMoney(amount: number, currency: string): string {
  const { format, factor } = formatOf(currency);
  return format.format(amount / factor);
}

/** What several orders are worth, in each currency: `$12.00 + ¥1,200`. Nobody can add dollars to yen. */
export function formatSum(orders: readonly { total_amount: number; currency: string }[]): string {
  const sums = new Map<string, number>();
  for (const { currency, total_amount } of orders) sums.set(currency, (sums.get(currency) ?? 0) + total_amount);
  return [...sums].map(([currency, sum]) => formatMoney(sum, currency)).join(' + ');
}
