/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-mbus.h: an M-Bus segment with its meters as a pure state machine (EN 13757-2 link layer, EN 13757-7 selection).
 *
 * Bytes go in with the time at which they had arrived, bytes come out with the time at which they arrive at the master.
 * No I/O, no clock, no threads: the same calls always give the same bytes, so a test may run it on a virtual clock. Its
 * encoder is its own and shares nothing with the gateway's decoder.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _SimBus SimBus;
typedef struct _SimMeter SimMeter;

#define SIM_NO_ADDRESS        (-1) /* SimMeterOptions.address: reached by secondary address only */
#define SIM_NO_ERROR          (-1) /* SimMeterOptions.application_error: answers with data */
#define SIM_ADDRESS_SELECTED  253  /* the meter that was selected by its secondary address */
#define SIM_ADDRESS_EVERYBODY 254  /* all meters answer */
#define SIM_ADDRESS_BROADCAST 255  /* all meters obey, nobody answers */

/* One segment. sim_bus_options_init () fills in the defaults. */
typedef struct {
    guint32 baud;            /* 300..38400; 2400 */
    gboolean fast;           /* no transmission and no standard answer times: only `delay` of a meter takes time */
    gboolean echo;           /* the level converter sends back what it was sent */
    guint clean_ack_percent; /* how often E5 that collide read as one clean E5; 50 */
    guint64 seed;            /* of everything that is left to chance */
    gint64 clock_start_s;    /* what the meters' clocks show at time 0, seconds since 1970 of a clock face */
} SimBusOptions;

/* One meter. sim_meter_options_init () fills in the defaults; percentages are chances per answer. */
typedef struct {
    char *label;          /* for the list of meters; owned */
    gint address;         /* 0..250, or SIM_NO_ADDRESS */
    guint32 id;           /* eight hexadecimal digits as displayed */
    guint16 manufacturer; /* EN 13757-3 code */
    guint8 version, medium, status;
    guint32 baud;        /* 0: the bus's; else deaf at other speeds */
    guint values;        /* records; 10 */
    guint pages;         /* telegrams of one readout; 0: as few as fit */
    guint64 start, step; /* first counter value, and what each fresh answer adds */
    gint64 delay_us;     /* later than the standard's answer time */
    guint silent, noise, checksum, cut,
        babble;             /* percent: no answer, noise instead, wrong sum, broken off, endless noise */
    guint lost_page;        /* this telegram of a readout never comes; 0: all come */
    gboolean fixed;         /* CI 73, two counters */
    gboolean enhanced;      /* understands selection with a fabrication number */
    gint application_error; /* answers CI 70 with this code, or SIM_NO_ERROR */
    gint reply_address;     /* A field of the answers, -1: its own */
} SimMeterOptions;

/* What a meter sent, for logs and counts. `value`: the first counter, 0 for recorded telegrams. */
typedef struct {
    const SimMeterOptions *meter;
    guint8 access;
    guint64 value;
    guint page;        /* from 1 */
    gboolean repeated; /* the same bytes as before, since the frame count bit had not changed */
    gboolean spoiled;  /* silent, noisy or cut: a master cannot use it */
} SimAnswer;

typedef void (*SimAnsweredFunc) (const SimAnswer *answer, gpointer data);

void sim_bus_options_init (SimBusOptions *options);
void sim_meter_options_init (SimMeterOptions *options);
void sim_meter_options_clear (SimMeterOptions *options);

/* "address=5 id=12345678 manufacturer=KAM medium=4 values=25 silent=20": sets what is named, leaves the rest. */
gboolean sim_meter_options_parse (SimMeterOptions *options, const char *text, GError **error);
/* The gateway's list of meters, one line without its end: label;channel;address;identity;medium;cycle;keep;tags */
char *sim_meter_options_to_csv (const SimMeterOptions *options, const char *channel, const char *cycle);
/* MAN-SSSSSSSS-VERSION-MEDIUM */
char *sim_meter_options_identity (const SimMeterOptions *options);

SimBus *sim_bus_new (const SimBusOptions *options);
void sim_bus_free (SimBus *bus);
void sim_bus_on_answer (SimBus *bus, SimAnsweredFunc answered, gpointer data);
void sim_bus_set_baud (SimBus *bus, guint32 baud); /* the master's speed from now on */
gint64 sim_bus_get_byte_us (const SimBus *bus);    /* 11 bits; 0 when fast */

/* A meter that encodes its own telegrams. Options are copied. */
void sim_bus_add_meter (SimBus *bus, const SimMeterOptions *options);
/* A meter that plays recorded telegrams, whole link frames of one device, in order; after the last comes E5. */
void sim_bus_add_recorded (SimBus *bus, const SimMeterOptions *options, GBytes *const *pages, guint n_pages);
guint sim_bus_get_n_meters (const SimBus *bus);
const SimMeterOptions *sim_bus_get_meter (const SimBus *bus, guint i);

/* Bytes of the master that have arrived completely at `now_us`; the times of successive calls never go back. */
void sim_bus_write (SimBus *bus, gint64 now_us, const guint8 *bytes, gsize len);
/* The next bytes for the master, appended to `bytes`, and when they are there (which may be long past); FALSE: none on
 * the way. `fast` gives answers as a whole, otherwise each byte comes at its time. */
gboolean sim_bus_next (SimBus *bus, gint64 *when_us, GByteArray *bytes);

/* One recorded device of a folder: `name` of the file; `refused`: why it is left out, or NULL. */
typedef struct {
    char *name, *refused;
    SimMeterOptions options;
    GPtrArray *pages; /* GBytes */
} SimRecorded;

/* DIR/NAME.hex sorted by name, several lines a file are pages of one device; file k gets primary address k. Array of
 * SimRecorded. */
GPtrArray *sim_recorded_load (const char *folder, GError **error);
/* The same for the text of one file. */
SimRecorded *sim_recorded_parse (const char *name, const char *text, guint address);
void sim_recorded_free (SimRecorded *recorded);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimBus, sim_bus_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimRecorded, sim_recorded_free)

G_END_DECLS
