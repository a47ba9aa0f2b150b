/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* room.h: the acquire object, for the files of this room. */
#pragma once

#include "turns.h"

struct _Acquire {
    AcquireOptions options;
    Config *config; /* what runs now */
    Pool *pool;
    GHashTable *lines;    /* name -> Turns */
    GHashTable *channels; /* name -> Channel */
    GHashTable *devices;  /* device id -> Device */
    GSequence *due;       /* Device, by next_due_ms */
    GSource *timer;
    GMainContext *context;
    GMutex results_mutex;
    GQueue results; /* Turn, finished, on their way to the main loop */
    gint64 last_wall_ms;
    GHashTable *scans; /* channel's name -> Scan, the latest */
    AcquireStatistics statistics;
    GHashTable *faults; /* channels that could not start: name -> reason, as told */
    gint64 retry_us;    /* when they are tried again */
    GHashTable *stuck;  /* lines told to be stuck: name -> since */
};

/* configure.c */
Channel *acquire_find_channel (Acquire *acquire, const char *name); /* NULL: none */
void acquire_start_again (Acquire *acquire);                        /* what could not start, when it is time */
/* acquire.c: takes a finished turn to the main loop; on the thread of the turns */
void acquire_turn_finished (gpointer acquire, Turn *turn);
/* scan.c */
void acquire_scans_init (Acquire *acquire);
void scan_arrived (Acquire *acquire, Turn *turn);
/* schedule.c */
void acquire_schedule_init (Acquire *acquire);
void acquire_schedule_clear (Acquire *acquire);
void acquire_place_meter (Acquire *acquire,
                          const ModelMeter *meter); /* makes, remakes or drops the device of a meter */
void acquire_drop_device (Acquire *acquire, guint32 device);
void acquire_drop_channel_devices (Acquire *acquire, Channel *channel);
void acquire_ask_now (Acquire *acquire, Device *device, gint64 due_ms, AcquireDone done, gpointer data);
void acquire_arm_timer (Acquire *acquire);
