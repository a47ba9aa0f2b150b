/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * body.h: the compact, exact form in which one readout's readings stand in the column `body` of readings.db.
 *
 * Version 1, all integers little-endian base 128 varints, signed ones zigzag:
 *
 *   u8 version = 1
 *   varint sections       bit 0: clock, 1: time of a back-fill, 2: why the readout is partial, 3: telegram
 *   varint n              number of readings, at most one for each byte that follows
 *   n readings            u8 tag: bits 0-2 value type, 3: index, 4: exponent, 5: value flags, 6: quality, 7: device
 * time follow [svarint index - (index before + 1)] [s8 exponent] [varint flags] value [varint quality] [time] value
 * DECIMAL and TIME: svarint number; TEXT and BYTES: varint length, bytes; NONE: nothing time                  u8 0: the
 * same as the last one given; 1: tag (bits 0-2, 4, 5 as above) and value as in a reading sections              in the
 * order of their bits: clock, back-fill: as the tag and value of a time; partial: varint code, varint length, message;
 * telegram: varint length, bytes
 *
 * A point index that follows its predecessor costs nothing, an exponent of 0, no flags, quality 0 and no device time
 * neither, so that a typical counter reading is its tag, its exponent and three to four bytes of mantissa. A later
 * version changes byte 0; readers of version 1 refuse it in words.
 */
#pragma once

#include <host/mgh-readout.h>

G_BEGIN_DECLS

#define STORE_BODY_VERSION 1

/*
 * Appends the body of a finished readout to `out`. indices[i] is the point of reading i; a reading with G_MAXUINT32 is
 * left out. Returns the number of readings written. `frames`: the telegram, when there is one, is kept too.
 */
guint store_body_write (GByteArray *out, const MgReadout *readout, const guint32 *indices, gboolean frames);

/*
 * Reads a body into a readout that is not finished yet; the point of each reading is appended to `indices` (of
 * guint32). Every length is checked; memory is bounded by the body's own length. On damage, FALSE and an error that
 * names the byte; what was read until there is in `out` and `indices`, both of the same length.
 */
gboolean store_body_read (const guint8 *body, gsize len, MgReadout *out, GArray *indices, GError **error);

G_END_DECLS
