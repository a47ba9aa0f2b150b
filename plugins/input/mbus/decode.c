/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode.c: the driver's pure decode (): one telegram to readings. */
#include "decode.h"

#include "protocol.h"

gboolean mbus_decode (const MgConfig *device G_GNUC_UNUSED, const guint8 *frame, gsize len, MgCall *call,
                      MgReadout *out, GError **error)
{
    char message[256];
    MbusFault fault = mbus_readout_add (out, frame, len, NULL, message, sizeof message);
    MbusTelegram telegram;
    MbusFrame link;

    if (call != NULL && mbus_frame_parse (frame, len, &link) == MBUS_OK &&
        mbus_telegram_parse (&link, &telegram) == MBUS_OK && telegram.has_status)
        mg_call_step (call, MG_STEP_INFO, "access", "%u", telegram.access);
    if (fault == MBUS_OK)
        return TRUE;
    if (call != NULL)
        mg_call_step (call, MG_STEP_FAILED, mbus_fault_code (fault), "%s", message);
    g_set_error (error, MG_ERROR, (gint) mbus_fault_error (fault), "%s", message);
    return mbus_fault_keeps_readings (fault) && mg_readout_partial (out, error);
}
