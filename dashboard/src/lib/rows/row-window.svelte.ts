import type { Order } from '@live-orders/contracts/domain/orders.ts';
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  observeWindowOffset,
  observeWindowRect,
  type VirtualItem,
  Virtualizer,
  type VirtualizerOptions,
  windowScroll,
} from '@tanstack/virtual-core';
import { flushSync, untrack } from 'svelte';
import type { Attachment } from 'svelte/attachments';

/** How the style sheet lays the rows out, in px. */
interface Layout {
  perLine: number;
  gap: number;
  margin: number;
  /** How high a line is that has not been in the page yet. */
  line: number;
  isMeasured: boolean;
}

/** What scrolls the rows: the window, or the element itself that holds them. */
interface Scrolling<Scroller extends Window | HTMLElement> extends Pick<
  VirtualizerOptions<Scroller, HTMLElement>,
  'observeElementRect' | 'observeElementOffset' | 'scrollToFn'
> {
  scrollerOf: (rows: HTMLElement) => Scroller;
  /** How many px it has been scrolled, and how many px the rows begin below the beginning of what it scrolls. */
  offsetOf: (rows: HTMLElement) => number;
  marginOf: (rows: HTMLElement) => number;
  /** How rows were laid out last. Until some have been in the page, which the server's never were, it is a guess. */
  last: Layout;
}

const guess = (line: number): Layout => ({ perLine: 1, gap: 0, margin: 0, line, isMeasured: false });

export const byWindow: Scrolling<Window> = {
  scrollerOf: () => window,
  offsetOf: () => scrollY,
  marginOf: (rows) => rows.getBoundingClientRect().top + scrollY,
  last: guess(56),
  observeElementRect: observeWindowRect,
  observeElementOffset: observeWindowOffset,
  scrollToFn: windowScroll,
};

export const byItself: Scrolling<HTMLElement> = {
  scrollerOf: (rows) => rows,
  offsetOf: (rows) => rows.scrollTop,
  marginOf: () => 0,
  last: guess(200),
  observeElementRect,
  observeElementOffset,
  scrollToFn: elementScroll,
};

/** An order whose row is in the page. */
interface Place {
  order: Order;
  index: number;
  /** The line of which it is the first; in a line that has more of them, one tells how high it is. */
  line: number | undefined;
  /** How many px are left empty above it, for rows that are not in the page. */
  above: number;
}

/** How much the server sends, which knows no window: more than most show. */
const unknownWindow = { width: 0, height: 1_500 };
/** How many px of rows are in the page above and below what is in sight. */
const reserve = 600;

/** Those of a list's rows that are in the page: what is in sight, some more, and some orders wherever they stand. */
export class RowWindow<Scroller extends Window | HTMLElement> {
  readonly #virtualizer: Virtualizer<Scroller, HTMLElement>;
  readonly #scrolling: Scrolling<Scroller>;
  readonly #orders: () => readonly Order[];
  readonly #kept: () => readonly string[];
  #rows: HTMLElement | undefined;
  #layout = $state.raw(guess(1));
  /** Counts what the virtualizer has to tell: it was scrolled, or a row has got another height. */
  #turn = $state(0);
  #layouts = 0;
  /**
   * Another function whenever lines have to be laid out anew, with another key for the empty line at the end: by the keys of
   * the first and the last one the virtualizer tells whether it has to look where what is in sight has gone.
   */
  readonly #keyOf = $derived.by(() => {
    const [orders, { perLine }] = [this.#orders(), this.#layout];
    const end = (this.#layouts += 1);
    return (line: number): string | number => orders[line * perLine]?.id ?? end;
  });
  /** With what comes before and after a kept row, so that the Tab key finds it. */
  readonly #keptLines = $derived.by(() => {
    const [orders, { perLine }] = [this.#orders(), this.#layout];
    return this.#kept().flatMap((id) => {
      const line = Math.floor(orders.findIndex((order) => order.id === id) / perLine);
      return line < 0 ? [] : [line - 1, line, line + 1];
    });
  });
  readonly #lines = $derived.by(() => {
    void this.#turn;
    this.#virtualizer.setOptions(this.#options());
    return this.#virtualizer.getVirtualItems();
  });

  /** `kept` gives the ids of orders that are in the page even when they are out of sight. */
  constructor(scrolling: Scrolling<Scroller>, orders: () => readonly Order[], kept: () => readonly string[]) {
    this.#scrolling = scrolling;
    this.#orders = orders;
    this.#kept = kept;
    this.#layout = scrolling.last;
    this.#virtualizer = new Virtualizer(untrack(() => this.#options()));
  }

  readonly places: readonly Place[] = $derived.by(() => {
    const [orders, { perLine, gap, margin }] = [this.#orders(), this.#layout];
    let end = margin - gap;
    return this.#lines.flatMap(({ index: line, start, end: itsEnd }) => {
      const above = emptied(start - end - gap, line === 0 ? 0 : gap);
      end = itsEnd;
      return orders.slice(line * perLine, (line + 1) * perLine).map((order, nth): Place => {
        const isFirst = nth === 0;
        return { order, index: line * perLine + nth, line: isFirst ? line : undefined, above: isFirst ? above : 0 };
      });
    });
  });

  /** How many px are left empty below the last row. */
  readonly below = $derived.by(() => {
    const { margin, gap } = this.#layout;
    const last: VirtualItem | undefined = this.#lines.at(-1);
    return last ? emptied(this.#virtualizer.getTotalSize() + margin - last.end, gap) : 0;
  });

  /** To be attached to the element that holds the rows. */
  readonly attach: Attachment<HTMLElement> = (rows) => {
    const virtualizer = this.#virtualizer;
    const { _willUpdate: update, _didMount: mount } = virtualizer;
    this.#rows = rows;
    const watch = new ResizeObserver(() => this.#layOut(rows));
    watch.observe(rows);
    watch.observe(document.body);
    virtualizer.scrollOffset = this.#scrolling.offsetOf(rows);
    $effect(() => {
      void this.places;
      untrack(() => {
        if (!this.#layout.isMeasured && this.places.length > 0) this.#layOut(rows);
        update();
        this.#forget();
        for (const row of rows.querySelectorAll<HTMLElement>('[data-line]')) virtualizer.measureElement(row);
      });
    });
    const stop = mount();
    return () => {
      watch.disconnect();
      stop();
    };
  };

  #options(): VirtualizerOptions<Scroller, HTMLElement> {
    const [keyOf, keptLines, { perLine, gap, margin, line }] = [this.#keyOf, this.#keptLines, this.#layout];
    const count = Math.ceil(this.#orders().length / perLine);
    const virtualizer: Virtualizer<Scroller, HTMLElement> | undefined = this.#virtualizer;
    const isWithin = (virtualizer?.scrollOffset ?? 0) > margin && !this.#hasTopLeft(count, keyOf);
    return {
      ...this.#scrolling,
      count: count + 1,
      gap,
      scrollMargin: margin,
      getItemKey: keyOf,
      indexAttribute: 'data-line',
      initialRect: unknownWindow,
      overscan: Math.ceil(reserve / line),
      // Whoever is at the top sees what is new; anybody else keeps what is in sight, at the end too.
      anchorTo: isWithin ? 'end' : 'start',
      scrollEndThreshold: -1,
      estimateSize: (one) => (one < count ? line : -gap),
      getScrollElement: () => (this.#rows ? this.#scrolling.scrollerOf(this.#rows) : null),
      // A row that is not laid out, as in print, has no height that would mean anything.
      measureElement: (row, entry, { itemSizeCache, indexFromElement }) =>
        entry?.borderBoxSize[0]?.blockSize || (itemSizeCache.get(keyOf(indexFromElement(row))) ?? line),
      rangeExtractor: (range) =>
        [...new Set([...keptLines, ...defaultRangeExtractor(range)])]
          .filter((one) => one >= 0 && one < count)
          .toSorted((a, b) => a - b),
      onChange: (_virtualizer, sync) => {
        this.#turn += 1;
        if (sync) flushSync();
      },
    };
  }

  /**
   * Whether the line at the top of what is in sight is about to part from the two below it. The virtualizer keeps that line where
   * it is: an order that goes to the end of the list would take along what is in sight.
   */
  #hasTopLeft(count: number, keyOf: (line: number) => string | number): boolean {
    const { options, scrollOffset } = this.#virtualizer;
    const top = keyOf === options.getItemKey ? undefined : this.#virtualizer.getVirtualItemForOffset(scrollOffset ?? 0);
    if (!top) return false;
    const [own, ...others] = [top.index, top.index + 1, top.index + 2]
      .filter((line) => line < options.count - 1)
      .map((line) => {
        const key = options.getItemKey(line);
        for (let now = 0; now < count; now += 1) if (keyOf(now) === key) return now - line;
        return Number.NaN;
      });
    return own !== undefined && others.length > 0 && others.every((moved) => Math.abs(moved - own) > 1);
  }

  /** Forgets how high the rows of orders were that are gone, once it knows more of those than of others. */
  #forget(): void {
    const { itemSizeCache, options } = this.#virtualizer;
    if (itemSizeCache.size <= 2 * options.count + 500) return;
    const here = new Set(Array.from({ length: options.count }, (_none, line) => options.getItemKey(line)));
    for (const key of itemSizeCache.keys()) if (!here.has(key)) itemSizeCache.delete(key);
  }

  /** Asks the style sheet how the rows are laid out, and takes the heights of those in the page for those of the others. */
  #layOut(rows: HTMLElement): void {
    if (rows.getClientRects().length === 0) return;
    const { display, gridTemplateColumns, rowGap } = getComputedStyle(rows);
    const before = this.#layout;
    const perLine = display === 'grid' ? gridTemplateColumns.split(' ').length : 1;
    const gap = Number.parseFloat(rowGap) || 0;
    const margin = this.#scrolling.marginOf(rows);
    const isSame = before.isMeasured && before.perLine === perLine && before.gap === gap;
    if (isSame && Math.abs(before.margin - margin) < 1) return;
    const heights = isSame
      ? []
      : Array.from(rows.querySelectorAll<HTMLElement>('[data-line]'), ({ offsetHeight }) => offsetHeight);
    const line = heights.length > 0 ? heights.reduce((sum, height) => sum + height) / heights.length : before.line;
    if (!isSame) {
      // They were measured as something else, and are once more.
      this.#virtualizer.itemSizeCache.clear();
      this.#virtualizer.elementsCache.clear();
    }
    this.#layout = { perLine, gap, margin, line, isMeasured: isSame || heights.length > 0 };
    if (this.#layout.isMeasured) this.#scrolling.last = this.#layout;
  }
}

/** How high the space is that stands for rows of so many px: between it and the next one there is another gap. */
const emptied = (height: number, gap: number): number => (height < 1 ? 0 : height - gap);
