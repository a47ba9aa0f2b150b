/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meaning.h: records to readings: key, quantity, unit, name, time. */
#pragma once

#include <en13757/key.h>

G_BEGIN_DECLS

/**
 * EnWords: where the texts of a meaning live that stand in no table.
 */
typedef struct {
    char unit[EN_TEXT_MAX];
    char name[EN_TEXT_MAX];
} EnWords;

/**
 * What a record means, as far as the norm says: VIF row, changed by its VIFEs.
 *
 * @words: holds texts; must live as long as `meaning`
 */
void en_meaning (const EnRecord *record, MgMeaning *meaning, EnWords *words);

/**
 * Adds records to a readout, with keys, meanings, and times: a record with a storage number is of the time that a date
 * record of the same storage number says, or of the date with its own function (time of a maximum). The date and time
 * of storage 0 is the meter's clock.
 *
 * All records of one telegram must come in one call, since a date may stand behind what it belongs to.
 *
 * Returns: the number of readings added, which is `n`.
 */
guint en_readout_add (MgReadout *out, const EnRecord *records, guint n);

/**
 * Adds one counter of the fixed data structure (CI 73, 77).
 *
 * @counter: 1 or 2
 * @unit: the six bits of its unit; 3E takes the unit of the other counter
 * @other_unit: of the other counter
 * @bytes: its four bytes
 * @is_binary: bit 0 of the status; else BCD
 * @is_stored: bit 1 of the status: stored at a fixed date
 */
guint en_readout_add_fixed (MgReadout *out, guint counter, guint8 unit, guint8 other_unit, const guint8 bytes[4],
                            gboolean is_binary, gboolean is_stored, gboolean msb_first);

G_END_DECLS
