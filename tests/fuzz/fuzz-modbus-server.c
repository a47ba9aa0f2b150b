/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-modbus-server.c: any bytes as what a Modbus client sends: frames out of a stream, and one bare request. */
#include "protocol.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize len);

static void must (gboolean holds)
{
    if (!holds)
        __builtin_trap ();
}

/* The first byte: how many registers there are, whether FC 04 is refused, and how long the names are. */
static ModbusSource make_source (guint8 how, ModbusRegisters *registers)
{
    static const guint8 words[2 * 256];
    static char name[251];

    memset (name, 'n', sizeof name - 1);
    *registers = (ModbusRegisters){ words, (guint) how * 2 % 256 };
    const char *text = name + (how % 2 == 0 ? 240 : 20);
    return (ModbusSource){ .registers = how == 255 ? NULL : registers,
                           .objects = { text, text, text, "", text, text, text },
                           .strict = how % 4 == 3 };
}

static void answer (const ModbusSource *source, const guint8 *pdu, gsize len)
{
    guint8 *exact = g_memdup2 (pdu, len), out[MODBUS_PDU_MAX];
    gsize n = modbus_answer (source, exact, len, out);

    must (n >= 2 && n <= MODBUS_PDU_MAX);
    must ((out[0] & 0x7F) == (len > 0 ? pdu[0] & 0x7F : 0));
    must ((out[0] & 0x80) == 0 || n == 2);
    g_free (exact);
}

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize len)
{
    ModbusRegisters registers;

    if (len == 0)
        return 0;
    ModbusSource source = make_source (bytes[0], &registers);
    answer (&source, bytes + 1, len - 1);
    for (gsize at = 1; at < len;) {
        gssize size = modbus_adu_size (bytes + at, len - at);
        must (size <= MODBUS_ADU_MAX);
        if (size <= 0 || (gsize) size > len - at)
            break;
        must (size > MODBUS_HEADER_SIZE);
        answer (&source, bytes + at + MODBUS_HEADER_SIZE, (gsize) size - MODBUS_HEADER_SIZE);
        at += (gsize) size;
    }
    return 0;
}
