/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bind.h: sockets that wait for others. */
#pragma once

#include <gio/gio.h>

/* "tcp:[::]:502" (listening), "udp:0.0.0.0:47808" (bound); full, never blocking. [::] takes IPv4 too, and becomes
 * 0.0.0.0 where the system has no IPv6. MG_ERROR_CONFIG: no such address; MG_ERROR_IO: taken, not allowed. */
GSocket *bind_address (const char *address, GError **error);
