// Decompression that stops. workerd's own stream inflates whatever it is given, read or not, so a kilobyte could become a
// megabyte in memory before anyone counts: it is fed a slice at a time and emptied in between.
import { fail, ok, type Result } from '../result.ts';
import { join } from './bytes.ts';

/** DEFLATE grows at most 1032 to 1: one slice is at most 16 MB. */
const SLICE_BYTES = 16_384;

export async function gunzip(packed: Uint8Array, maxBytes: number): Promise<Result<Uint8Array, 'corrupt' | 'large'>> {
  const { readable, writable } = new DecompressionStream('gzip');
  const [writer, reader] = [writable.getWriter(), readable.getReader()];
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    let next = reader.read();
    for (let at = 0; at < packed.byteLength; at += SLICE_BYTES) {
      await writer.write(packed.slice(at, at + SLICE_BYTES));
      for (;;) {
        const part = await Promise.race([next, scheduler.wait(0)]);
        if (part === undefined || part.done) break;
        size += part.value.byteLength;
        if (size > maxBytes) return fail('large');
        parts.push(part.value);
        next = reader.read();
      }
    }
    await writer.close();
    for (let part = await next; !part.done; part = await reader.read()) {
      size += part.value.byteLength;
      if (size > maxBytes) return fail('large');
      parts.push(part.value);
    }
    return ok(join(parts, size));
  } catch {
    return fail('corrupt');
  } finally {
    // Both may have ended already; what they hold is let go of either way.
    void reader.cancel().catch(() => undefined);
    void writer.abort().catch(() => undefined);
  }
}
