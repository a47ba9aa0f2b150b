/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* protocol.h: Modbus requests to answers: no I/O, no clock, nothing kept. Modbus Application Protocol V1.1b3. */
#pragma once

#include <metergate.h>

#define MODBUS_HEADER_SIZE 7 /* transaction, protocol, length, unit */
#define MODBUS_PDU_MAX     253
#define MODBUS_ADU_MAX     (MODBUS_HEADER_SIZE + MODBUS_PDU_MAX)

/* Registers from address 0 on, in wire order. */
typedef struct {
    const guint8 *bytes;
    guint n;
} ModbusRegisters;

#define MODBUS_N_OBJECTS 7

/* What the answers are made of. */
typedef struct {
    const ModbusRegisters *registers;      /* of the unit that is asked; NULL: there is no such unit */
    const char *objects[MODBUS_N_OBJECTS]; /* of the device identification, 00 to 06 */
    gboolean strict;                       /* FC 04 is refused */
} ModbusSource;

/* The size of the frame that begins here: 0 while the header is not whole (the frame may still be incomplete when it
 * is), -1: this is not Modbus TCP. Never more than MODBUS_ADU_MAX. */
gssize modbus_adu_size (const guint8 *bytes, gsize len);

/* Answers one request PDU of any length, and returns the answer's length: 1 to MODBUS_PDU_MAX. */
gsize modbus_answer (const ModbusSource *source, const guint8 *pdu, gsize len, guint8 out[MODBUS_PDU_MAX]);
