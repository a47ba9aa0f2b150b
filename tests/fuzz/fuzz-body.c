/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-body.c: readout bodies of any bytes; one that is read must be written and read again the same. */
#include <body.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void check (gboolean good)
{
    if (!good)
        abort ();
}

static void same_value (MgValue a, MgValue b)
{
    gboolean has_data = a.type == MG_VALUE_TEXT || a.type == MG_VALUE_BYTES;

    check (a.type == b.type && a.exponent == b.exponent && a.flags == b.flags && a.len == b.len);
    check (has_data ? a.len == 0 || memcmp (a.v.data, b.v.data, a.len) == 0 : a.v.number == b.v.number);
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (MgReadout) first = mgh_readout_new (NULL, MG_READOUT_LIVE),
                          second = mgh_readout_new (NULL, MG_READOUT_LIVE);
    g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint32)),
                       again = g_array_new (FALSE, FALSE, sizeof (guint32));
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autoptr (GError) error = NULL;
    gboolean good = store_body_read (data, size, first, indices, &error);

    check (good == (error == NULL));
    check (mgh_readout_get_n (first) == indices->len);
    mgh_readout_finish (first);
    if (!good)
        return 0;
    check (store_body_write (body, first, (const guint32 *) (gpointer) indices->data, TRUE) == indices->len);
    check (store_body_read (body->data, body->len, second, again, NULL));
    check (again->len == indices->len);
    check (indices->len == 0 || memcmp (again->data, indices->data, indices->len * sizeof (guint32)) == 0);
    for (guint i = 0; i < indices->len; i++) {
        const MgReading *a = mgh_readout_get_reading (first, i), *b = mgh_readout_get_reading (second, i);

        same_value (mg_reading_get_value (a), mg_reading_get_value (b));
        same_value (mg_reading_get_device_time (a), mg_reading_get_device_time (b));
        check (mg_reading_get_quality (a) == mg_reading_get_quality (b));
    }
    mgh_readout_finish (second);
    return 0;
}
