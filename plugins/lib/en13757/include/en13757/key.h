/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* key.h: the names of M-Bus points. A key that was once given out stays for ever: tests/keys.tsv holds them. */
#pragma once

#include <en13757/record.h>

G_BEGIN_DECLS

/* Bytes of the longest key, with its NUL. */
#define EN_KEY_MAX 65u

/**
 * The key of a record: FUNC.STORAGE.TARIFF.SUBUNIT:VIFCHAIN.
 *
 * Numbers are decimal. VIF and VIFEs are upper-case hex pairs without their extension bit; exponent bits (also of the
 * VIFEs 70 to 77) and time-unit bits are zeroed, and VIFEs that report a record error are left out, so that a meter
 * that changes its range or has a fault keeps its points. A plain text unit stands as 7C'text' in reading order, bytes
 * that do not print or are blank as %XX; over 24 bytes as the first 8 hex digits of the SHA-256 of the text. Behind a
 * VIF 7F or a VIFE FF everything is verbatim. Manufacturer data (DIF 0F, 1F) is "0.0.0.0:0F". Wh and J, m3/h and m3/min
 * are different keys.
 *
 * Twins in one readout get "#2", "#3" from the readout, not here.
 *
 * Returns: its length.
 */
gsize en_key (const EnRecord *record, char key[EN_KEY_MAX]);

/**
 * The key of a counter of the fixed data structure (CI 73): "0.0.0.0:fixed1", "0.0.0.0:fixed2"; with storage 1 where
 * the counter is historic.
 *
 * @counter: 1 or 2
 */
gsize en_key_fixed (guint counter, gboolean historic, char key[EN_KEY_MAX]);

/** The key of the alarm byte (CI 71, 74, 75): "0.0.0.0:alarm". */
gsize en_key_alarm (char key[EN_KEY_MAX]);

G_END_DECLS
