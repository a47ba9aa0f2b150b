/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * allot.h: numbers that stay: registers, BACnet instances, aliases. What stands behind mg_host_allot ().
 *
 * A number is known by (owner, space, key) and kept in the store's per-owner state, so that it is the same after each
 * restart. Any thread.
 */
#pragma once

#include <store/store.h>

G_BEGIN_DECLS

typedef struct _Allotments Allotments;

/* All numbers of one owner ("server:modbus"); spaces are read at their first use. The store must outlive it. */
Allotments *allotments_new (Store *store, const char *owner);
void allotments_free (Allotments *allotments);

/* As mg_host_allot (). A key that has a number within low..high keeps it, whatever is wished. MG_ERROR_RANGE: no
 * `width` numbers in a row are free there. */
gboolean allotments_allot (Allotments *allotments, const char *space, const char *key, guint32 low, guint32 high,
                           guint32 width, guint32 wish, guint32 *first, GError **error);

/* As mg_host_release (). */
void allotments_release (Allotments *allotments, const char *space, const char *key);

G_END_DECLS
