/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* protocol.c: Modbus requests to answers (Modbus Application Protocol V1.1b3; the concentrator's tables 28 and 29). */
#include <metergate.h>

#include "protocol.h"

#include <string.h>

enum {
    READ_COILS = 0x01,
    READ_HOLDING = 0x03,
    READ_INPUT = 0x04,
    WRITE_COIL = 0x05,
    WRITE_REGISTER = 0x06,
    WRITE_COILS = 0x0F,
    WRITE_REGISTERS = 0x10,
    ENCAPSULATED = 0x2B
};
enum { ILLEGAL_FUNCTION = 1, ILLEGAL_ADDRESS = 2, ILLEGAL_VALUE = 3, NO_ANSWER_FROM_TARGET = 0x0B };

#define MEI_IDENTIFICATION  0x0E
#define COUNT_MAX           125
#define N_BASIC             3    /* objects 00 to 02 */
#define CONFORMITY_REGULAR  0x02 /* streams only */
#define IDENTIFICATION_HEAD 7

gssize modbus_adu_size (const guint8 *bytes, gsize len)
{
    MgCursor c = MG_CURSOR (bytes, len);

    mg_cursor_be (&c, 2);
    guint64 protocol = mg_cursor_be (&c, 2), length = mg_cursor_be (&c, 2);
    if (c.failed)
        return 0;
    if (protocol != 0 || length < 2 || length > 1 + MODBUS_PDU_MAX)
        return -1;
    return (gssize) length + 6;
}

static gsize answer_exception (guint8 function, guint8 code, guint8 *out)
{
    out[0] = function | 0x80;
    out[1] = code;
    return 2;
}

static gsize answer_read (const ModbusRegisters *registers, const guint8 *pdu, gsize len, guint8 *out)
{
    MgCursor c = MG_CURSOR (pdu, len);

    guint8 function = (guint8) mg_cursor_be (&c, 1);
    guint start = (guint) mg_cursor_be (&c, 2), count = (guint) mg_cursor_be (&c, 2);
    if (c.failed || mg_cursor_left (&c) > 0 || count < 1 || count > COUNT_MAX)
        return answer_exception (function, ILLEGAL_VALUE, out);
    if (start + count > registers->n)
        return answer_exception (function, ILLEGAL_ADDRESS, out);
    out[0] = function;
    out[1] = (guint8) (2 * count);
    memcpy (out + 2, registers->bytes + 2 * (gsize) start, 2 * (gsize) count);
    return 2 + 2 * (gsize) count;
}

/* 6.21: objects of the asked category from `first` on, as many as fit; the rest is asked for again. */
static gsize answer_objects (const ModbusSource *source, guint8 category, guint first, guint8 *out)
{
    guint end = category == 1 ? N_BASIC : MODBUS_N_OBJECTS, i;
    gsize at = IDENTIFICATION_HEAD;

    if (first >= end)
        first = 0; /* unknown in a stream: from the beginning */
    for (i = first; i < end; i++) {
        gsize room = MODBUS_PDU_MAX - at,
              size = MIN (strlen (source->objects[i]), MODBUS_PDU_MAX - IDENTIFICATION_HEAD - 2);
        if (room < size + 2)
            break;
        out[at] = (guint8) i;
        out[at + 1] = (guint8) size;
        memcpy (out + at + 2, source->objects[i], size);
        at += size + 2;
    }
    const guint8 head[IDENTIFICATION_HEAD] = { ENCAPSULATED,        MEI_IDENTIFICATION, category,
                                               CONFORMITY_REGULAR,  i < end ? 0xFF : 0, (guint8) (i < end ? i : 0),
                                               (guint8) (i - first) };
    memcpy (out, head, sizeof head);
    return at;
}

static gsize answer_identification (const ModbusSource *source, const guint8 *pdu, gsize len, guint8 *out)
{
    MgCursor c = MG_CURSOR (pdu, len);

    mg_cursor_be (&c, 1);
    guint8 mei = (guint8) mg_cursor_be (&c, 1);
    if (!c.failed && mei != MEI_IDENTIFICATION)
        return answer_exception (ENCAPSULATED, ILLEGAL_FUNCTION, out);
    guint8 category = (guint8) mg_cursor_be (&c, 1);
    guint8 first = (guint8) mg_cursor_be (&c, 1);
    /* category 3 is answered at our level, 2; single objects (4) are not offered */
    if (c.failed || mg_cursor_left (&c) > 0 || category < 1 || category > 3)
        return answer_exception (ENCAPSULATED, ILLEGAL_VALUE, out);
    return answer_objects (source, category, first, out);
}

gsize modbus_answer (const ModbusSource *source, const guint8 *pdu, gsize len, guint8 out[MODBUS_PDU_MAX])
{
    guint8 function = len > 0 ? pdu[0] : 0;

    if (source->registers == NULL)
        return answer_exception (function, NO_ANSWER_FROM_TARGET, out);
    switch (function) {
    case READ_INPUT:
        if (source->strict)
            return answer_exception (function, ILLEGAL_FUNCTION, out);
        return answer_read (source->registers, pdu, len, out);
    case READ_HOLDING:
        return answer_read (source->registers, pdu, len, out);
    case READ_COILS:
    case WRITE_COIL:
    case WRITE_REGISTER:
    case WRITE_COILS:
    case WRITE_REGISTERS:
        return answer_exception (function, ILLEGAL_ADDRESS, out); /* table 28: "without function", whatever follows */
    case ENCAPSULATED:
        return answer_identification (source, pdu, len, out);
    default:
        return answer_exception (function, ILLEGAL_FUNCTION, out);
    }
}
