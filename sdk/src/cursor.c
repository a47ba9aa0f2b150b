/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cursor.c: the bounds-checked reader for bytes from outside. */
#include <metergate.h>

#include "bytes.h"

static gboolean cursor_step (MgCursor *c, gsize n_bytes)
{
    if (G_UNLIKELY (c->failed || n_bytes > (gsize) (c->end - c->at))) {
        c->failed = TRUE;
        return FALSE;
    }
    c->at += n_bytes;
    return TRUE;
}

guint64 mg_cursor_le (MgCursor *c, gsize n_bytes)
{
    g_return_val_if_fail (n_bytes >= 1 && n_bytes <= 8, 0);
    return cursor_step (c, n_bytes) ? bytes_load_le (c->at - n_bytes, n_bytes) : 0;
}

guint64 mg_cursor_be (MgCursor *c, gsize n_bytes)
{
    g_return_val_if_fail (n_bytes >= 1 && n_bytes <= 8, 0);
    return cursor_step (c, n_bytes) ? bytes_load_be (c->at - n_bytes, n_bytes) : 0;
}

const guint8 *mg_cursor_take (MgCursor *c, gsize n_bytes)
{
    return cursor_step (c, n_bytes) ? c->at - n_bytes : NULL;
}

gsize mg_cursor_left (const MgCursor *c)
{
    return c->failed ? 0 : (gsize) (c->end - c->at);
}
