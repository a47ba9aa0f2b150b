/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readout.c: a telegram into a readout: who sent it, what it says, what was wrong with it. */
#include "protocol.h"

void mbus_telegram_id (const MbusTelegram *telegram, char id[9])
{
    g_snprintf (id, 9, "%08X", telegram->id);
}

void mbus_manufacturer (guint16 code, char text[4])
{
    for (guint i = 0; i < 3; i++) {
        guint letter = code >> (10 - 5 * i) & 0x1F;

        text[i] = (char) ('@' + letter);
    }
    text[3] = '\0';
}

void mbus_frame_describe (const MbusFrame *frame, MbusFault fault, char *buf, gsize size)
{
    const char *what = fault == MBUS_FAULT_START      ? "start byte"
                       : fault == MBUS_FAULT_CHECKSUM ? "checksum"
                                                      : "stop byte";

    if (fault == MBUS_FAULT_LENGTH && frame->at == 2)
        g_snprintf (buf, size, "second length byte is %02X, expected %02X like the first", frame->got, frame->want);
    else if (fault == MBUS_FAULT_LENGTH)
        g_snprintf (buf, size, "frame has %u bytes, expected %u", frame->got, frame->want);
    else
        g_snprintf (buf, size, "%s at byte %u is %02X, expected %02X", what, (guint) frame->at, frame->got,
                    frame->want);
}

void mbus_telegram_describe (const MbusTelegram *telegram, const EnReader *reader, MbusFault fault, char *buf,
                             gsize size)
{
    char what[128];

    switch (fault) {
    case MBUS_FAULT_ENCRYPTED:
        g_snprintf (buf, size, "security mode %u: %u bytes are encrypted", telegram->mode,
                    (guint) telegram->encrypted_len);
        break;
    case MBUS_FAULT_APPLICATION:
        g_snprintf (buf, size, "application error %02X: %s", telegram->len > 0 ? telegram->data[0] : 0u,
                    mbus_application_error (telegram->len > 0 ? telegram->data[0] : 0));
        break;
    case MBUS_FAULT_CI:
        g_snprintf (buf, size, "CI %02X is no answer of a meter that is known here", telegram->ci);
        break;
    default:
        if (reader == NULL) {
            g_snprintf (buf, size, "CI %02X: the header is cut off", telegram->ci);
            break;
        }
        en_stop_describe (reader, telegram->data, what, sizeof what);
        g_snprintf (buf, size, "%s", what);
    }
}

gboolean mbus_fault_keeps_readings (MbusFault fault)
{
    return fault == MBUS_FAULT_TRUNCATED || fault == MBUS_FAULT_DIFE || fault == MBUS_FAULT_VIFE ||
           fault == MBUS_FAULT_APPLICATION || fault == MBUS_FAULT_ENCRYPTED;
}

MgError mbus_fault_error (MbusFault fault)
{
    return fault == MBUS_FAULT_ENCRYPTED     ? MG_ERROR_AUTH
           : fault == MBUS_FAULT_APPLICATION ? MG_ERROR_REFUSED
                                             : MG_ERROR_PROTOCOL;
}

static void mbus_add_identity (MgReadout *out, const MbusTelegram *telegram)
{
    char id[9], maker[4];
    MgIdentity identity = MG_INIT (MgIdentity, .serial = id, .version = telegram->version, .medium = telegram->medium);

    if (telegram->has_identity) {
        mbus_telegram_id (telegram, id);
        mbus_manufacturer (telegram->manufacturer, maker);
        identity.manufacturer = telegram->has_maker ? maker : NULL;
        mg_readout_set_identity (out, &identity);
    }
    if (telegram->has_status)
        mg_readout_set_status (out, (guint32) telegram->status |
                                        (telegram->status & 0x04 ? MG_STATUS_BATTERY_LOW : 0u) |
                                        (telegram->status & 0x08 ? MG_STATUS_ERROR : 0u) |
                                        (telegram->status & 0x10 ? MG_STATUS_ERROR_NOW : 0u) |
                                        ((telegram->status & 0x03) == 3 ? MG_STATUS_ALARM : 0u));
}

static void mbus_add_fixed (MgReadout *out, const MbusTelegram *telegram)
{
    const guint8 *p = telegram->data;
    guint8 first = p[6] & 0x3F, second = p[7] & 0x3F;
    gboolean is_binary = p[5] & 0x01, is_stored = (p[5] & 0x02) != 0;

    en_readout_add_fixed (out, 1, first, second, p + 8, is_binary, is_stored, telegram->msb_first);
    en_readout_add_fixed (out, 2, second, first, p + 12, is_binary, is_stored, telegram->msb_first);
}

static void mbus_add_alarm (MgReadout *out, const MbusTelegram *telegram)
{
    MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "status.byte", .name = "alarm", .kind = MG_POINT_STATE,
                                 .unit = MG_UNIT_BITS, .raw = telegram->data, .raw_len = 1);
    char key[EN_KEY_MAX];

    en_key_alarm (key);
    mg_readout_add (out, key, &meaning, mg_value_decimal (telegram->data[0], 0), 0);
}

MbusFault mbus_readout_add (MgReadout *out, const guint8 *bytes, gsize len, gboolean *more, char *message,
                            gsize message_size)
{
    EnRecord records[MBUS_RECORDS_MAX];
    MbusTelegram telegram;
    MbusFrame frame;
    EnReader reader;
    MbusFault fault = mbus_frame_parse (bytes, len, &frame);
    guint n;

    if (more != NULL)
        *more = FALSE;
    if (fault != MBUS_OK) {
        mbus_frame_describe (&frame, fault, message, message_size);
        return fault;
    }
    fault = mbus_telegram_parse (&frame, &telegram);
    if (fault != MBUS_OK) {
        mbus_telegram_describe (&telegram, NULL, fault, message, message_size);
        return fault;
    }
    mbus_add_identity (out, &telegram);
    n = mbus_telegram_read (&telegram, &reader, records, G_N_ELEMENTS (records));
    en_readout_add (out, records, n);
    if (telegram.kind == MBUS_FIXED)
        mbus_add_fixed (out, &telegram);
    else if (telegram.kind == MBUS_ALARM)
        mbus_add_alarm (out, &telegram);
    mg_readout_add_frame (out, bytes, len);
    if (more != NULL)
        *more = reader.more_follow;
    fault = mbus_telegram_check (&telegram, &reader);
    if (fault != MBUS_OK)
        mbus_telegram_describe (&telegram, &reader, fault, message, message_size);
    return fault;
}
