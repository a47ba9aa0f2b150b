/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-names.h: our lists of media, quantities and units, and what other systems call them. Host side: for the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* Our unit with a power of ten, as the concentrator's table 27 numbers it: index and exponent such that number*10^exponent in `unit` is
 * number*10^*index_exponent in the unit of that index, exactly. Units that have none: 22 (dimensionless), exponent unchanged. */
guint       mgh_unit_index (guint32 unit, gint exponent, gint *index_exponent);
const char *mgh_unit_index_text (guint index);          /* "Wh", "" ; table 27 */
const char *mgh_unit_text (guint32 unit);               /* ours: "Wh", "m³", "°C"; "" for NONE */
const char *mgh_unit_nick (guint32 unit);               /* ASCII name: "Wh", "m3", "celsius" */
gboolean    mgh_unit_parse (const char *nick, guint32 *unit, gint *exponent); /* "kWh": WH, 3 */
guint       mgh_medium_index (guint32 medium);          /* table 25; ours from 256 on: 14 or 15 */
const char *mgh_medium_text (guint32 medium);           /* "Heat (outlet)" */
const char *mgh_medium_nick (guint32 medium);           /* "heat" */
gboolean    mgh_medium_parse (const char *nick_or_number, guint32 *medium);
guint       mgh_quantity_index (const char *quantity);  /* table 26; 0: other. A name that is not registered counts as its nearest general one */
const char *mgh_quantity_index_text (guint index);      /* "Energy" */
guint32     mgh_quantity_kind (const char *quantity);   /* MgPointKind */
const char *mgh_quantity_at (guint i);                  /* the registry, docs/names.tsv, in order; NULL: that were all */
const char *mgh_func_nick (guint32 func);               /* "instantaneous", "maximum", "minimum", "error", "average" */

/* EN 13757-3 manufacturer code: 0x2C2D is "KAM" */
void        mgh_manufacturer_text (guint16 code, char text[4]);
gboolean    mgh_manufacturer_code (const char *text, guint16 *code);

G_END_DECLS
