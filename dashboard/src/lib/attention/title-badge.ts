const bare = (title: string): string => title.replace(/^\(\d+\) /, '');

/**
 * Begins the title of the page with `(count)`, or not where that is 0, whatever title the page gives itself meanwhile, until
 * the returned function is called. Pages set their titles by themselves and know nothing of this.
 */
export const badgeTitle = (count: number): (() => void) => {
  const write = () => {
    const title = (count > 0 ? `(${count}) ` : '') + bare(document.title);
    if (title !== document.title) document.title = title;
  };
  const observer = new MutationObserver(write);
  observer.observe(document.head, { childList: true, characterData: true, subtree: true });
  write();
  return () => observer.disconnect();
};
