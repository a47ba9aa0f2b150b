/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver-fixture.h: the driver on a simulated segment and a virtual clock. */
#pragma once

#include <metergate.h>

#include <host/mgh-config.h>
#include <host/mgh-readout.h>
#include <sim-mbus-port.h>

G_BEGIN_DECLS

typedef struct {
    SimBusOptions options;
    SimBus *bus;
    gboolean echo;
    MghClock *clock;
    MgLine *line;
    const MghHostOps *host_ops; /* NULL: none */
    gpointer host_owner;
    MgHost *host;
    gpointer self;
    gint64 timeout_us;
    /* of the simulator */
    guint fresh, repeated;
    guint64 value;
    /* of the latest read */
    MgReadout *readout;
    GError *error;
    gint64 took_us;
} Fixture;

const MgDriverOps *driver (void);

void fixture_init (Fixture *f);
void fixture_bus (Fixture *f); /* makes the segment, once */
void fixture_meter (Fixture *f, const char *text);
/* channel settings as "key=value key=value" */
void fixture_start (Fixture *f, const char *settings);
MgDevice *fixture_device (Fixture *f, const char *address);
/* Both: TRUE as read () says; then f->readout is the readout, finished. */
gboolean fixture_read_device (Fixture *f, MgDevice *device);
gboolean fixture_read (Fixture *f, const char *address);
void fixture_clear (Fixture *f);

/* of the latest readout */
void assert_value (Fixture *f, const char *key, const char *expected);
gint64 number_of (Fixture *f, const char *key);
/* readings, without those that stand for DIF 1F */
guint count_values (Fixture *f);

G_END_DECLS
