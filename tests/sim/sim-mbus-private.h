/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-private.h: what bus, meter and encoder of the M-Bus simulator know of each other. */
#pragma once

#include "sim-mbus.h"

typedef struct {
    guint64 state;
} SimChance;

/* splitmix64: small, and the same everywhere */
guint64 sim_chance_next (SimChance *chance);
gboolean sim_chance_hits (SimChance *chance, guint percent);
guint sim_chance_below (SimChance *chance, guint limit);

/* A frame of the master, checked. `a` is 0..255. */
typedef struct {
    guint8 c, a, ci;
    gboolean is_long;
    const guint8 *data; /* after CI */
    gsize len;
} SimRequest;

/* Adds 68 L L 68 ... CS 16 around C, A, CI and data. */
void sim_frame_long (GByteArray *out, guint8 c, guint8 a, guint8 ci, const guint8 *data, gsize len);

/* Spreads a readout over telegrams: each page is CI and data, without link layer. Access number and first counter are
 * set anew for each fresh readout. */
GPtrArray *sim_encode_readout (const SimMeterOptions *options, guint8 access, guint64 counter, gint64 clock_s);
/* Four bytes LSB first from eight digits as displayed. */
void sim_encode_id (guint32 id, guint8 out[4]);

SimMeter *sim_meter_new (const SimMeterOptions *options, GBytes *const *pages, guint n_pages, guint64 seed);
void sim_meter_free (SimMeter *meter);
SimMeterOptions *sim_meter_get_options (SimMeter *meter);
/* What the meter does with a request: TRUE when it answers, then `out` has the bytes and `delay_us` what comes on top
 * of the standard's answer time. `baud` is the speed at which the request came. */
gboolean sim_meter_handle (SimMeter *meter, const SimRequest *request, guint32 baud, gint64 now_us, gint64 clock_s,
                           GByteArray *out, gint64 *delay_us, SimAnswer *answer);
