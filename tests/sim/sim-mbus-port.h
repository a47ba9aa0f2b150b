/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-port.h: a simulated segment as an MgLine in the same process, for tests on a virtual clock. */
#pragma once

#include "sim-mbus.h"

#include <host/mgh-line.h>

G_BEGIN_DECLS

/* A serial line, 8E1 at the segment's speed, with the segment at its other end. Waiting costs nothing on a virtual
 * clock. The segment must outlive the line. */
MgLine *sim_mbus_line_new (SimBus *bus, guint32 baud, gboolean echo, MghClock *clock);

G_END_DECLS
