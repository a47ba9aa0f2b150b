/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-mbus.c: any bytes as a wired M-Bus telegram: as they are, and framed, so that records are reached. */
#include "protocol.h"

#include <host/mgh-readout.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize len);

static void must (gboolean holds)
{
    if (!holds)
        __builtin_trap ();
}

/* What holds for each reading of each telegram. */
static void check_reading (const MgReading *reading)
{
    const char *key = mgh_reading_get_key (reading);
    const MgMeaning *meaning = mgh_reading_get_meaning (reading);
    MgValue value = mg_reading_get_value (reading);
    char text[64];

    must (key[0] != '\0' && meaning->quantity != NULL && meaning->func <= MG_FUNC_AVERAGE);
    for (const char *c = key; *c != '\0'; c++)
        must (*c > 0x20 && *c < 0x7F);
    must (meaning->raw_head_len <= meaning->raw_len);
    must (value.type != MG_VALUE_TEXT || g_utf8_validate (value.v.data, value.len, NULL));
    must (mg_value_print (value, '.', text, sizeof text) > 0 || value.type == MG_VALUE_NONE || value.len == 0);
}

static void read_frame (const guint8 *bytes, gsize len)
{
    g_autoptr (MgReadout) readout = mg_readout_new (NULL);
    char message[256] = "";
    gboolean more;
    MbusFault fault = mbus_readout_add (readout, bytes, len, &more, message, sizeof message);

    mgh_readout_finish (readout);
    must (fault == MBUS_OK ? mbus_fault_code (fault) == NULL : message[0] != '\0');
    for (guint i = 0; i < mgh_readout_get_n (readout); i++)
        check_reading (mgh_readout_get_reading (readout, i));
}

/* first byte: CI; the rest: what follows it */
int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize len)
{
    guint8 frame[MBUS_FRAME_MAX];
    gsize n;

    if (len > 0 && (bytes[0] == 0x68 || bytes[0] == 0x10 || bytes[0] == 0xE5)) {
        must (mbus_frame_size (bytes, len) <= (gssize) MBUS_FRAME_MAX);
        read_frame (bytes, len);
        return 0;
    }
    if (len == 0 || (n = mbus_frame_write_long (frame, 0x08, 1, bytes[0], bytes + 1, len - 1)) == 0)
        return 0;
    read_frame (frame, n);
    return 0;
}
