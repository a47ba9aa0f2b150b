/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-service.h: services: servers, controllers, virtual meters; who lives with the values.
 *
 * A service runs on a thread of its own with a thread-default GMainContext (rule T6). Every function here is called
 * from that thread, in create () at the earliest, and not after destroy () has returned; every callback given to the
 * host runs there. Where the gateway does not offer something to services, functions with an error say
 * MG_ERROR_UNSUPPORTED, the others do nothing.
 */
#pragma once

#include <metergate/mg-model.h>

G_BEGIN_DECLS

/* ---- itself */

/* The host of this instance: log, events, state, clock. Good until destroy () has returned. */
MgHost *mg_service_get_host (MgService *s);

/* What keeps the service from doing its work, shown with its state; NULL: it is well again. Copied. */
void mg_service_set_fault (MgService *s, const GError *fault);

/* Calls `func` once after `us` microseconds by the host's clock, so that a replay turns it; G_SOURCE_CONTINUE repeats
 * it. Returns the timer's number for cancel (); 0: none was made. */
guint mg_service_after (MgService *s, gint64 us, GSourceFunc func, gpointer data);

/* Ends a timer; 0 and timers that are over are ignored. */
void mg_service_cancel (MgService *s, guint timer);

/* ---- live values: the service's own image of all meters. It is complete before start (), with ages that hold over
 * restarts, and changes only between two callbacks. For each meter the newest state is kept and no queue grows: who
 * needs every step follows a cursor. */

/* All meters, in the order of their ids; the array and what it holds are good until the callback returns. */
guint mg_service_get_meters (MgService *s, const MgMeterNow *const **meters);

/* One meter; NULL: there is none of that id. Good until the callback returns; mg_meter_now_ref () keeps it. */
const MgMeterNow *mg_service_find (MgService *s, guint32 meter_id);

/* How old a reading of a MgMeterNow is, in milliseconds; true over changes of the clock. -1: not known. */
gint64 mg_service_get_age_ms (MgService *s, const MgReading *reading);

/* Which meters updated () is called for; NULL: all. At first none. The selector must live until destroy (), as one from
 * the configuration does. */
void mg_service_subscribe (MgService *s, const MgSelector *selector);

/* ---- to the outside */

/* A listening or bound socket; full. "tcp:[::]:502", "udp:0.0.0.0:47808", or one that systemd handed to the gateway
 * under that address. NULL with MG_ERROR_CONFIG (address), MG_ERROR_IO (taken, not allowed). */
GSocket *mg_service_bind (MgService *s, const char *address, GError **error);

/* The bytes of a [line NAME] as a file descriptor, which the caller closes. The line's channels pause until then. -1:
 * error. */
int mg_service_take_line (MgService *s, const char *line, GError **error);

/* ---- readouts and events, each once and in order, over restarts */

/* The next item of the cursor of that name, full in `item`; a new cursor starts at the oldest item that is kept. TRUE
 * with `item` NULL: none now, more () will be called. Never waits. */
gboolean mg_service_next (MgService *s, const char *cursor, MgItem **item, GError **error);

/* All items up to `seq` are safe elsewhere; after a restart next () goes on behind it. */
void mg_service_done (MgService *s, const char *cursor, gint64 seq);

/* ---- history */

/* The steps of a range. */
typedef enum {
    MG_EVERY_READOUT = 0, /* as they were kept */
    MG_EVERY_QUARTER_HOUR = 1,
    MG_EVERY_HOUR = 2,
    MG_EVERY_DAY = 3,
    MG_EVERY_MONTH = 4
} MgEvery;

/* A range of history, in order of time; with a step there is one computed readout for each. */
typedef struct {
    gsize struct_size;       /* MG_INIT */
    const MgSelector *which; /* NULL: all points */
    guint32 meter;           /* its id; 0: all that `which` selects */
    guint32 step;            /* MgEvery */
    const char *key;         /* one point of the meter; NULL: all */
    gint64 from_ms;          /* UTC, inclusive */
    gint64 to_ms;            /* UTC, exclusive */
} MgRange;

/* Takes one item, which is the host's. FALSE: enough. */
typedef gboolean (*MgItemFunc) (const MgItem *item, gpointer data);

/* Hands the range to `func`, as fast as it takes it, then calls `done` (may be NULL). `range` is copied. */
void mg_service_range_async (MgService *s, const MgRange *range, MgItemFunc func, GCancellable *c,
                             GAsyncReadyCallback done, gpointer data);

/* TRUE: all of the range was seen, or `func` had enough. */
gboolean mg_service_range_finish (MgService *s, GAsyncResult *result, GError **error);

/* ---- meters of its own: virtual, mirrored */

/* Declares one, with an address of the service's choice in `meter`; with the same address again: updates it. `label`
 * and `origin` (from which gateway) may be NULL. Returns the meter's id; 0: error. */
guint32 mg_service_declare (MgService *s, const MgFound *meter, const char *label, const char *origin, GError **error);

/* A readout of such a meter to fill, full; `kind` is MG_READOUT_COMPUTED, LIVE or BACKFILL, `at_ms` UTC (0: now). */
MgReadout *mg_service_readout (MgService *s, guint32 meter_id, guint32 kind, gint64 at_ms);

/* Hands it over (full): it is kept and shown like any other. */
void mg_service_emit (MgService *s, MgReadout *readout);

/* ---- commands, where the configuration grants them: one gate checks right, range and rate, and writes the audit */

typedef struct {
    gsize struct_size; /* MG_INIT */
    guint32 meter;     /* its id */
    guint32 reserved;
    const char *name;        /* a command that the meter offers; "read" is one too */
    const char *actor;       /* for whom: "modbus:192.0.2.7"; NULL: the service itself */
    const char *const *args; /* "limit=16.0", NULL-ended; or NULL */
    gint64 ttl_us;           /* not sent later than this; 0: 10 s */
} MgCommandRequest;

/* Asks the gate; `done` is called when the device did it and it was read back, or why not. `request` is copied. */
void mg_service_command_async (MgService *s, const MgCommandRequest *request, GCancellable *c, GAsyncReadyCallback done,
                               gpointer data);

/* What was read back, full; NULL with MG_ERROR_DENIED (the gate), MG_ERROR_EXPIRED (too late), or the driver's error.
 */
MgReadout *mg_service_command_finish (MgService *s, GAsyncResult *result, GError **error);

/* ---- the functions of a service */

typedef enum {
    MG_SERVICE_SERVER = 1,  /* configured as [server NAME]; without it as [control NAME] */
    MG_SERVICE_COMMANDS = 2 /* it may send commands, if the configuration grants it */
} MgServiceFlags;

typedef struct {
    gsize struct_size; /* MG_INIT */
    guint32 flags;     /* MgServiceFlags */
    guint32 reserved;
    MgTable settings; /* MgSetting, of its group in the configuration */

    /* One instance a group. Opens nothing yet. NULL: error. */
    gpointer (*create) (MgService *service, const MgConfig *config, GError **error);
    /* All timers and requests have ended when it returns. */
    void (*destroy) (gpointer self);
    /* Opens what is to be open; may block, by the call's deadline. FALSE: tried again with back-off. */
    gboolean (*start) (gpointer self, MgCall *call, GError **error);
    /* Closes it; start () may follow. */
    void (*stop) (gpointer self);
    /* Values or the description of a subscribed meter changed. */
    void (*updated) (gpointer self, const MgMeterNow *now);
    /* The meter is gone. */
    void (*removed) (gpointer self, guint32 meter_id);
    /* There is something to fetch for that cursor. */
    void (*more) (gpointer self, const char *cursor);
    /* A command for a meter that it declared; ends, now or later, with mg_command_call_done (). */
    void (*command) (gpointer self, MgCommandCall *command);
} MgServiceOps;

G_END_DECLS
