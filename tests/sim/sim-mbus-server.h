/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-server.h: simulated segments behind TCP ports and pseudo terminals. */
#pragma once

#include "sim-mbus.h"

G_BEGIN_DECLS

typedef struct _SimPort SimPort;

/* Both take the bus, also when they fail. */
SimPort *sim_port_new_tcp (SimBus *bus /* full */, const char *address_port, GError **error);
SimPort *sim_port_new_pty (SimBus *bus /* full */, const char *link, GError **error);
void sim_port_free (SimPort *port);
const char *sim_port_get_name (const SimPort *port); /* "127.0.0.1:40123", "/dev/pts/4" */
/* Serves them until SIGINT or SIGTERM. */
void sim_ports_run (GPtrArray *ports);

G_END_DECLS
