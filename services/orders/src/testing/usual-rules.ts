import { noLimits } from '../orders/allowance.ts';
import { defaultTargets, targetsSetting } from '../orders/due-times.ts';
import type { OrderContext } from '../orders/order-context.ts';
import { defaultUndoSeconds } from '../orders/undo.ts';

/** What a shop has by default, without limits of what a customer may take. */
export const usualRules: Omit<OrderContext, 'database' | 'outbox'> = {
  targets: targetsSetting.parse(defaultTargets),
  allowance: noLimits,
  undoSeconds: defaultUndoSeconds,
};
