// The price book that every release carries: the data of genai-prices, which its project keeps by hand from the providers' pages.
// Of the package the data alone is used. Its own search takes prefixes and patterns for a match, and it multiplies in floats.
import { findProvider } from '@pydantic/genai-prices';

import { bookOf } from './book.ts';
import type { BookFile } from './book-file.ts';
import { BOOK_PROVIDERS } from './names.ts';

/** What it hands out for an id that it does not have may be another provider: `bookOf` looks at the ids once more. */
export const bundledFile: BookFile = [...new Set(BOOK_PROVIDERS.values())].flatMap((id) => {
  const found = findProvider({ providerId: id });
  return found?.id === id ? [found] : [];
});

/** The pinned version of the package; a test holds the two together. */
export const BUNDLED_BOOK = 'genai-prices 0.1.8';

export const bundledBook = bookOf(BUNDLED_BOOK, bundledFile);
