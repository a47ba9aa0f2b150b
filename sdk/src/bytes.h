/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bytes.h: loads and stores of 1 to 8 bytes in every order that a protocol knows; the caller has checked the length. */
#pragma once

#include <metergate.h>
#include <string.h>

static inline guint64 bytes_load_le (const guint8 *p, gsize len)
{
    guint16 v2;
    guint32 v4;
    guint64 v8 = 0;

    switch (len) {
    case 1:
        return p[0];
    case 2:
        memcpy (&v2, p, 2);
        return GUINT16_FROM_LE (v2);
    case 4:
        memcpy (&v4, p, 4);
        return GUINT32_FROM_LE (v4);
    case 8:
        memcpy (&v8, p, 8);
        return GUINT64_FROM_LE (v8);
    default:
        for (gsize i = len; i-- > 0;)
            v8 = v8 << 8 | p[i];
        return v8;
    }
}

static inline guint64 bytes_load_be (const guint8 *p, gsize len)
{
    return len == 0 ? 0 : GUINT64_SWAP_LE_BE (bytes_load_le (p, len)) >> (64 - 8 * len);
}

/* Exchanges the two bytes of each 16-bit word: with the words in the other order, the bytes of LE stand as in BE but
 * for that. */
static inline guint64 bytes_swap_in_words (guint64 v)
{
    const guint64 low = G_GUINT64_CONSTANT (0x00ff00ff00ff00ff);

    return (v & low) << 8 | (v >> 8 & low);
}

/* Loads `len` bytes, 1..8, by MgLayout without its sign; MG_SWAP16 needs an even length. */
static inline guint64 bytes_load (const guint8 *p, gsize len, guint32 layout)
{
    gboolean big = (layout & MG_BE) != 0;

    if (G_LIKELY ((layout & MG_SWAP16) == 0))
        return big ? bytes_load_be (p, len) : bytes_load_le (p, len);
    return bytes_swap_in_words (big ? bytes_load_le (p, len) : bytes_load_be (p, len));
}

/* Stores the low `len` bytes of v, the reverse of bytes_load (). */
static inline void bytes_store (guint8 *p, gsize len, guint32 layout, guint64 v)
{
    gboolean big = (layout & MG_BE) != 0;

    if ((layout & MG_SWAP16) != 0) {
        v = bytes_swap_in_words (v);
        big = !big;
    }
    for (gsize i = 0; i < len; i++)
        p[big ? len - 1 - i : i] = (guint8) (v >> (8 * i));
}
