/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-module.h: how the host copies what a plugin filled in, whatever version it was built for. Host side: for the
 * daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* Rule A1: copies the first MIN (the plugin's struct_size, `size`) bytes of `in` into `out` and zeroes the rest, so
 * that what an older plugin does not know is NULL. FALSE, and `out` zeroed, when `in` is NULL or shorter than `least`.
 */
gboolean mgh_struct_copy (gpointer out, gsize size, gconstpointer in, gsize least);

/* Rule A2: the same for item `i` of a table. FALSE past its end. */
gboolean mgh_table_get (const MgTable *table, guint i, gpointer out, gsize size);

/* "driver", "format", "transport", "service"; NULL for a kind that this host does not take. And back; 0: no such kind.
 */
const char *mgh_kind_nick (guint32 kind);
guint32 mgh_kind_parse (const char *nick);

G_END_DECLS
