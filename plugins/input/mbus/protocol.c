/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* protocol.c: link frames of EN 13757-2, transport headers of EN 13757-7. */
#include "protocol.h"

#include <string.h>

#define FIXED_LEN 16u

static guint8 mbus_sum (const guint8 *bytes, gsize len)
{
    const guint64 even = G_GUINT64_CONSTANT (0x00FF00FF00FF00FF);
    guint64 lanes = 0;
    guint sum = 0;

    /* four 16-bit lanes; 255 bytes of a frame cannot overflow them */
    for (; len >= 8; bytes += 8, len -= 8) {
        guint64 x;

        memcpy (&x, bytes, 8);
        lanes += (x & even) + (x >> 8 & even);
    }
    sum = (guint) (lanes + (lanes >> 16) + (lanes >> 32) + (lanes >> 48));
    while (len-- > 0)
        sum += *bytes++;
    return (guint8) sum;
}

static MbusFault mbus_fault (MbusFrame *frame, MbusFault fault, gsize at, guint got, guint want)
{
    frame->at = at;
    frame->got = got;
    frame->want = want;
    return fault;
}

static MbusFault mbus_frame_parse_short (const guint8 *bytes, gsize len, MbusFrame *frame)
{
    guint8 sum;

    if (len != 5)
        return mbus_fault (frame, MBUS_FAULT_LENGTH, 0, (guint) len, 5);
    sum = (guint8) (bytes[1] + bytes[2]);
    if (bytes[3] != sum)
        return mbus_fault (frame, MBUS_FAULT_CHECKSUM, 3, bytes[3], sum);
    if (bytes[4] != 0x16)
        return mbus_fault (frame, MBUS_FAULT_STOP, 4, bytes[4], 0x16);
    frame->kind = MBUS_SHORT;
    frame->c = bytes[1];
    frame->a = bytes[2];
    return MBUS_OK;
}

MbusFault mbus_frame_parse (const guint8 *bytes, gsize len, MbusFrame *frame)
{
    gsize l;
    guint8 sum;

    *frame = (MbusFrame){ 0 };
    if (len == 0)
        return mbus_fault (frame, MBUS_FAULT_LENGTH, 0, 0, 1);
    if (bytes[0] == 0xE5) {
        frame->kind = MBUS_ACK;
        return len == 1 ? MBUS_OK : mbus_fault (frame, MBUS_FAULT_LENGTH, 0, (guint) len, 1);
    }
    if (bytes[0] == 0x10)
        return mbus_frame_parse_short (bytes, len, frame);
    if (bytes[0] != 0x68)
        return mbus_fault (frame, MBUS_FAULT_START, 0, bytes[0], 0x68);
    if (len < 4)
        return mbus_fault (frame, MBUS_FAULT_LENGTH, 0, (guint) len, 9);
    if (bytes[3] != 0x68)
        return mbus_fault (frame, MBUS_FAULT_START, 3, bytes[3], 0x68);
    l = bytes[1];
    if (bytes[2] != l)
        return mbus_fault (frame, MBUS_FAULT_LENGTH, 2, bytes[2], bytes[1]);
    if (l < 3 || len != l + 6)
        return mbus_fault (frame, MBUS_FAULT_LENGTH, 0, (guint) len, (guint) MAX (l, 3) + 6);
    sum = mbus_sum (bytes + 4, l);
    if (bytes[l + 4] != sum)
        return mbus_fault (frame, MBUS_FAULT_CHECKSUM, l + 4, bytes[l + 4], sum);
    if (bytes[l + 5] != 0x16)
        return mbus_fault (frame, MBUS_FAULT_STOP, l + 5, bytes[l + 5], 0x16);
    frame->kind = MBUS_LONG;
    frame->c = bytes[4];
    frame->a = bytes[5];
    frame->ci = bytes[6];
    frame->data = bytes + 7;
    frame->len = l - 3;
    return MBUS_OK;
}

gssize mbus_frame_size (const guint8 *bytes, gsize len)
{
    if (len == 0)
        return 0;
    switch (bytes[0]) {
    case 0xE5:
        return 1;
    case 0x10:
        return 5;
    case 0x68:
        if (len > 1 && bytes[1] < 3)
            return -1;
        if ((len > 2 && bytes[2] != bytes[1]) || (len > 3 && bytes[3] != 0x68))
            return -1;
        return len > 3 ? (gssize) bytes[1] + 6 : 0;
    default:
        return -1;
    }
}

gsize mbus_frame_write_short (guint8 out[5], guint8 c, guint8 a)
{
    const guint8 frame[5] = { 0x10, c, a, (guint8) (c + a), 0x16 };

    memcpy (out, frame, sizeof frame);
    return sizeof frame;
}

gsize mbus_frame_write_long (guint8 out[MBUS_FRAME_MAX], guint8 c, guint8 a, guint8 ci, const guint8 *data, gsize len)
{
    if (len > 252)
        return 0;
    out[0] = out[3] = 0x68;
    out[1] = out[2] = (guint8) (len + 3);
    out[4] = c;
    out[5] = a;
    out[6] = ci;
    if (len > 0)
        memcpy (out + 7, data, len);
    out[7 + len] = mbus_sum (out + 4, len + 3);
    out[8 + len] = 0x16;
    return len + 9;
}

/* What a CI announces: which header, what behind it (EN 13757-7, table 2). */
static gboolean mbus_ci (guint8 ci, gsize len, MbusTelegramKind *kind, gboolean *msb_first, guint *header)
{
    *msb_first = ci == 0x76 || ci == 0x77;
    switch (ci) {
    case 0x72: /* long header */
    case 0x76:
    case 0x5B:
        *kind = MBUS_RECORDS, *header = 12;
        return TRUE;
    case 0x7A: /* short header */
    case 0x5A:
        *kind = MBUS_RECORDS, *header = 4;
        return TRUE;
    case 0x78: /* none */
        *kind = MBUS_RECORDS, *header = 0;
        return TRUE;
    case 0x73: /* with any other length CI 73 is a compact frame */
    case 0x77:
        *kind = MBUS_FIXED, *header = 0;
        return len == FIXED_LEN;
    case 0x70:
    case 0x6E:
    case 0x6F:
        *kind = MBUS_APPLICATION, *header = ci == 0x6E ? 4 : ci == 0x6F ? 12 : 0;
        return TRUE;
    case 0x71:
    case 0x74:
    case 0x75:
        *kind = MBUS_ALARM, *header = ci == 0x74 ? 4 : ci == 0x75 ? 12 : 0;
        return TRUE;
    default:
        return FALSE;
    }
}

static guint32 mbus_load (const guint8 *p, gsize len, gboolean msb_first)
{
    guint32 x = 0;

    for (gsize i = 0; i < len; i++)
        x = x << 8 | p[msb_first ? i : len - 1 - i];
    return x;
}

static const guint8 *mbus_read_header (const guint8 *p, guint header, MbusTelegram *telegram)
{
    if (header == 12) {
        telegram->has_identity = telegram->has_maker = TRUE;
        telegram->id = mbus_load (p, 4, telegram->msb_first);
        telegram->manufacturer = (guint16) mbus_load (p + 4, 2, telegram->msb_first);
        telegram->version = p[6];
        telegram->medium = p[7];
        p += 8;
    }
    if (header >= 4) {
        telegram->has_status = TRUE;
        telegram->access = p[0];
        telegram->status = p[1];
        telegram->config = (guint16) (p[2] | p[3] << 8);
        p += 4;
    }
    return p;
}

/*
 * How much is encrypted, by the configuration field (EN 13757-7, 7.6). Meters of before 2005 send any two bytes there,
 * so modes that nobody uses count as plain.
 */
static void mbus_read_security (MbusTelegram *telegram)
{
    guint8 mode = telegram->config >> 8 & 0x1F;
    gsize extension = 0, len;

    switch (mode) {
    case 5:
        len = (telegram->config >> 4 & 0x0F) * 16u;
        break;
    case 7:
        extension = 1 + (telegram->config & 0x2000 ? 4 : 0);
        if (telegram->len > 0 && telegram->data[0] & 0x40)
            extension++;
        len = (telegram->config >> 4 & 0x0F) * 16u;
        break;
    case 2:
    case 3:
    case 4:
    case 8:
    case 9:
    case 10:
    case 13:
        len = telegram->len;
        break;
    default:
        return;
    }
    telegram->mode = mode;
    telegram->encrypted_len = MIN (len, telegram->len - MIN (extension, telegram->len));
    extension = MIN (extension, telegram->len);
    telegram->data += extension + telegram->encrypted_len;
    telegram->len -= extension + telegram->encrypted_len;
}

/* ID ACC STS MU MU C1 C2: the medium is spread over the top bits of the two unit bytes. */
static void mbus_read_fixed (MbusTelegram *telegram)
{
    static const guint8 media[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 3, 4, 6, 7, 8, 15 };
    const guint8 *p = telegram->data;
    guint medium = (guint) (p[6] >> 6 | (p[7] >> 6) << 2);

    telegram->has_identity = telegram->has_status = TRUE;
    telegram->id = mbus_load (p, 4, telegram->msb_first);
    telegram->access = p[4];
    telegram->status = p[5];
    telegram->medium = media[medium];
    if (medium >= 0x0A &&
        medium <= 0x0E) /* these send their counters, and nothing else, with the first byte in front */
        telegram->msb_first = TRUE;
}

MbusFault mbus_telegram_parse (const MbusFrame *frame, MbusTelegram *telegram)
{
    guint header;

    *telegram = (MbusTelegram){ .ci = frame->ci };
    if (frame->kind != MBUS_LONG || !mbus_ci (frame->ci, frame->len, &telegram->kind, &telegram->msb_first, &header))
        return MBUS_FAULT_CI;
    if (frame->len < header)
        return MBUS_FAULT_TRUNCATED;
    telegram->data = mbus_read_header (frame->data, header, telegram);
    telegram->len = frame->len - header;
    if (telegram->kind == MBUS_FIXED)
        mbus_read_fixed (telegram);
    else if (telegram->kind == MBUS_RECORDS && header > 0 && telegram->config != 0)
        mbus_read_security (telegram);
    else if (telegram->kind == MBUS_ALARM && telegram->len == 0)
        return MBUS_FAULT_TRUNCATED;
    return MBUS_OK;
}

guint mbus_telegram_read (const MbusTelegram *telegram, EnReader *reader, EnRecord *records, guint max)
{
    gsize len = telegram->kind == MBUS_RECORDS ? telegram->len : 0;

    *reader = (EnReader) EN_READER (telegram->data, len, telegram->msb_first);
    return en_records_read (reader, records, max);
}

MbusFault mbus_telegram_check (const MbusTelegram *telegram, const EnReader *reader)
{
    switch (reader->stop) {
    case EN_STOP_END:
        break;
    case EN_STOP_TOO_MANY_DIFE:
        return MBUS_FAULT_DIFE;
    case EN_STOP_TOO_MANY_VIFE:
        return MBUS_FAULT_VIFE;
    default:
        return MBUS_FAULT_TRUNCATED;
    }
    if (telegram->encrypted_len > 0)
        return MBUS_FAULT_ENCRYPTED;
    return telegram->kind == MBUS_APPLICATION ? MBUS_FAULT_APPLICATION : MBUS_OK;
}

const char *mbus_fault_code (MbusFault fault)
{
    static const char *const codes[] = {
        [MBUS_OK] = NULL,
        [MBUS_FAULT_START] = "start",
        [MBUS_FAULT_LENGTH] = "length",
        [MBUS_FAULT_CHECKSUM] = "checksum",
        [MBUS_FAULT_STOP] = "stop",
        [MBUS_FAULT_CI] = "ci",
        [MBUS_FAULT_TRUNCATED] = "truncated",
        [MBUS_FAULT_DIFE] = "too-many-dife",
        [MBUS_FAULT_VIFE] = "too-many-vife",
        [MBUS_FAULT_APPLICATION] = "application",
        [MBUS_FAULT_ENCRYPTED] = "encrypted",
    };

    return codes[fault];
}

const char *mbus_application_error (guint8 code)
{
    static const char *const texts[] = {
        "unspecified",
        "CI field not implemented",
        "buffer too long",
        "too many records",
        "premature end of record",
        "more than 10 DIFE",
        "more than 10 VIFE",
        "reserved",
        "application busy",
        "too many readouts",
    };
    static const char *const later[] = {
        "access denied",
        "command unknown",
        "parameter missing or wrong",
        "receiver unknown",
        "decryption failed",
        "encryption method unsupported",
        "signature method unsupported",
    };

    if (code < G_N_ELEMENTS (texts))
        return texts[code];
    if (code >= 0x10 && code - 0x10u < G_N_ELEMENTS (later))
        return later[code - 0x10];
    return code == 0xF0 ? "dynamic error" : "reserved";
}
