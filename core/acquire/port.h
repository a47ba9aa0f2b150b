/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port.h: the real ports behind lines, and a line from its [line NAME] group. */
#pragma once

#include <host/mgh-line.h>

G_BEGIN_DECLS

/* The settings of a [line NAME] group. */
extern const MgTable line_settings;

/* A line of the group's kind, not open yet (full). NULL with MG_ERROR_CONFIG where settings do not go together, or what
 * reading a recording says. A raw log that cannot be written is a warning: meters are read all the same. A recording
 * played `fast` brings its own clock; all others go by `clock`. Any thread. */
MgLine *line_from_config (const char *name, const MgConfig *config, MghClock *clock, GError **error);

typedef enum { PORT_FLOW_NONE = 0, PORT_FLOW_RTSCTS = 1, PORT_FLOW_XONXOFF = 2 } PortFlow;
typedef enum { PORT_RS485_NONE = 0, PORT_RS485_KERNEL = 1, PORT_RS485_RTS = 2 } PortRs485;

typedef struct {
    const char *device; /* "/dev/ttyUSB0" */
    guint32 baud;
    const char *mode; /* "8E1" */
    PortFlow flow;
    PortRs485 rs485;        /* who switches the direction */
    gboolean rs485_low;     /* RTS is low while sending */
    gint64 rs485_before_us; /* between RTS and the first bit */
    gint64 rs485_after_us;  /* between the last bit and RTS */
} PortSerialInfo;

/* Ports for mgh_line_new (), which takes them (full). What they are told is copied; nothing is opened before open ().
 * Their times are those of the real clock. */
gpointer port_serial_new (const PortSerialInfo *info);
gpointer port_tcp_new (const char *host_port); /* "meters.example:10001", "[::1]:10001" */
gpointer port_udp_new (const char *peer,       /* HOSTPORT: the one peer; NULL: many, each by its datagrams */
                       const char *bind_to);   /* HOSTPORT to receive on; NULL: any free port */
extern const MghPortOps port_serial_ops, port_tcp_ops, port_udp_ops;

G_END_DECLS
