/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image.h: the registers that meters and values have, as the concentrator's tables 30 to 37 lay them out. */
#pragma once

#include "protocol.h"

typedef struct {
    const MgSelector *which; /* NULL: all that is active */
    gboolean low_word_first; /* "Modbus swap" */
    gboolean float_only;     /* two registers an entry, no device entry */
    gboolean multi_slave;    /* each meter is a unit of its own */
    gboolean test;           /* the fixed image of table 34 instead of meters */
} ModbusLayout;

typedef struct _ModbusImage ModbusImage;

/* `host` and the layout's selector must outlive it. */
ModbusImage *modbus_image_new (MgHost *host, const ModbusLayout *layout);
void modbus_image_free (ModbusImage *image);

/* A meter's newer state: all of its registers change between two requests. Addresses are allotted when a meter has
 * its first points. */
void modbus_image_update (ModbusImage *image, const MgMeterNow *now);

/* Its registers read 0 from now on; their addresses stay its own. */
void modbus_image_remove (ModbusImage *image, guint32 meter_id);

/* How many entries have no address, since all are taken. */
guint modbus_image_get_n_left_out (const ModbusImage *image);

/* What a unit shows now, good until the next call; NULL: there is no such unit. */
const ModbusRegisters *modbus_image_get (ModbusImage *image, guint8 unit);
