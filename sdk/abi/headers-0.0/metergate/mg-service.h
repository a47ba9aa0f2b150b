/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-service.h: services: servers, controllers, virtual meters; who lives with the values. */
#pragma once

#include <metergate/mg-model.h>

G_BEGIN_DECLS

MgHost           *mg_service_get_host   (MgService *s);
void              mg_service_set_fault  (MgService *s, const GError *fault /* NULL: well again */); /* shown with its state */
/* Its own image of all meters: complete before start (), with ages over restarts; it changes only between two callbacks. For
 * each meter the newest state is kept, no queue grows: who needs every step follows a cursor. */
guint             mg_service_get_meters (MgService *s, const MgMeterNow *const **meters);
const MgMeterNow *mg_service_find       (MgService *s, guint32 meter_id);
gint64            mg_service_get_age_ms (MgService *s, const MgReading *reading);   /* true over clock changes */
void              mg_service_subscribe  (MgService *s, const MgSelector *selector); /* for updated (); NULL: all; at first none */
guint             mg_service_after      (MgService *s, gint64 us, GSourceFunc func, gpointer data); /* a timer; replayable */
void              mg_service_cancel     (MgService *s, guint timer);
GSocket          *mg_service_bind       (MgService *s, const char *address, GError **error); /* full; "tcp:[::]:502"; or systemd's */
int               mg_service_take_line  (MgService *s, const char *line, GError **error); /* fd; its channels pause until closed */
/* Every item once and in order, over restarts; a new cursor starts at the oldest kept. TRUE, no item: none now, more () will
 * come. Never waits. done () when it is safe. */
gboolean          mg_service_next       (MgService *s, const char *cursor, MgItem **item /* full */, GError **error);
void              mg_service_done       (MgService *s, const char *cursor, gint64 seq);
/* A range of history, in order, as fast as func takes it; with a step one computed readout for each. */
typedef enum { MG_EVERY_READOUT = 0, MG_EVERY_QUARTER_HOUR = 1, MG_EVERY_HOUR = 2, MG_EVERY_DAY = 3, MG_EVERY_MONTH = 4 } MgEvery;
typedef struct { gsize struct_size; const MgSelector *which; guint32 meter, step; const char *key; gint64 from_ms, to_ms; } MgRange;
typedef gboolean (*MgItemFunc) (const MgItem *item, gpointer data); /* FALSE: enough */
void              mg_service_range_async  (MgService *s, const MgRange *range, MgItemFunc func, GCancellable *c,
                                           GAsyncReadyCallback done, gpointer data);
gboolean          mg_service_range_finish (MgService *s, GAsyncResult *result, GError **error);
/* Meters of its own (virtual, mirrored): declared with an address of its choice, again to update; 0: error. */
guint32           mg_service_declare (MgService *s, const MgFound *meter, const char *label, const char *origin, GError **error);
MgReadout        *mg_service_readout (MgService *s, guint32 meter_id, guint32 kind, gint64 at_ms); /* COMPUTED, LIVE, BACKFILL */
void              mg_service_emit    (MgService *s, MgReadout *readout /* full */);
/* Commands, where the configuration grants them; one gate checks right, range, rate and writes the audit. "read" is one too. */
typedef struct {
    gsize struct_size; guint32 meter, reserved;
    const char *name, *actor;  /* actor: for whom, "modbus:192.0.2.7"; NULL: the service itself */
    const char *const *args;   /* "limit=16.0", NULL-ended, or NULL */
    gint64 ttl_us;             /* never sent later; 0: 10 s */
} MgCommandRequest;
void              mg_service_command_async  (MgService *s, const MgCommandRequest *request, GCancellable *c,
                                             GAsyncReadyCallback done, gpointer data);
MgReadout        *mg_service_command_finish (MgService *s, GAsyncResult *result, GError **error); /* full; what was read back */
typedef enum { MG_SERVICE_SERVER = 1 /* [server NAME], else [control NAME] */, MG_SERVICE_COMMANDS = 2 } MgServiceFlags;
typedef struct {
    gsize    struct_size; guint32 flags, reserved; MgTable settings;
    gpointer (*create)  (MgService *service, const MgConfig *config, GError **error); void (*destroy) (gpointer self);
    gboolean (*start)   (gpointer self, MgCall *call, GError **error); void (*stop) (gpointer self);
    void     (*updated) (gpointer self, const MgMeterNow *now);  /* values or description */
    void     (*removed) (gpointer self, guint32 meter_id);
    void     (*more)    (gpointer self, const char *cursor);
    void     (*command) (gpointer self, MgCommandCall *command); /* for a meter it declared; ends with mg_command_call_done () */
} MgServiceOps;

G_END_DECLS
