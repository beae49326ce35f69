// What an admin does with budgets. A change and what it comes to are one: a budget that is reached the moment it is made says so.
import type { Budget } from './budget/budget.ts';
import {
  deleteBudget,
  listBudgets,
  readBudget,
  writeBudget,
  type BudgetChange,
  type BudgetDraft,
} from './store/budgets.ts';
import type { Database } from './store/database.ts';
import type { Moment } from './store/spending.ts';
import { changeTerms, readStates, type BudgetState } from './store/standings.ts';

interface Parts {
  readonly db: Database;
  readonly moment: () => Moment;
  /** Looks at where budgets stand, now. */
  readonly check: () => void;
  readonly wake: () => void;
}

/** Null stands for a budget that is not there. */
export interface Budgets {
  readonly list: () => BudgetState[];
  readonly find: (id: string) => BudgetState | null;
  readonly add: (draft: BudgetDraft) => BudgetState | null;
  readonly change: (id: string, change: BudgetChange) => BudgetState | null;
  readonly remove: (id: string) => true | null;
}

export function openBudgets({ db, moment, check, wake }: Parts): Budgets {
  function find(id: string): BudgetState | null {
    const budget = readBudget(db, id);
    return budget === null ? null : (readStates(db, [budget], moment())[0] ?? null);
  }

  function having<T>(id: string, use: (budget: Budget) => T): T | null {
    return changing(() => {
      const budget = readBudget(db, id);
      return budget === null ? null : use(budget);
    });
  }

  function changing<T>(change: () => T): T {
    const result = db.transaction(() => {
      const changed = change();
      check();
      return changed;
    });
    wake();
    return result;
  }

  return {
    list: () => readStates(db, listBudgets(db), moment()),
    find,
    add(draft) {
      const { now } = moment();
      changing(() => writeBudget(db, { ...draft, created: now, since: now }));
      return find(draft.id);
    },
    change(id, change) {
      const { now, zone } = moment();
      having(id, (budget) => changeTerms(db, { ...budget, ...change, since: now }, { now, zone }));
      return find(id);
    },
    remove: (id) =>
      having(id, () => {
        deleteBudget(db, id);
        return true;
      }),
  };
}
