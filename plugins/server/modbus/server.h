/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* server.h: connections in, answers out; on the service's own thread. */
#pragma once

#include "image.h"

typedef struct {
    const char *address; /* "tcp:[::]:502" */
    guint connections_max;
    gint64 idle_us;  /* a connection without a request is closed; 0: never */
    gint64 frame_us; /* a request that is not complete by then closes its connection */
    gboolean multi_slave, strict;
    const char *product; /* name in the device identification */
} ModbusServerSettings;

typedef struct _ModbusServer ModbusServer;

/* Listens. The image, the settings' texts and the service must outlive it. */
ModbusServer *modbus_server_new (MgService *service, ModbusImage *image, const ModbusServerSettings *settings,
                                 GError **error);
void modbus_server_free (ModbusServer *server);

/* Where it listens, for a port that was asked for as 0. */
guint modbus_server_get_port (const ModbusServer *server);
