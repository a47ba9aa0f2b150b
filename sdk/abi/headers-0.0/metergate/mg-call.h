/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-call.h: the circumstances of one call into a plugin: deadline, cancellation, transcript, what is asked for. */
#pragma once

#include <metergate/mg-host.h>

G_BEGIN_DECLS

typedef enum { MG_STEP_INFO = 0, MG_STEP_OK = 1, MG_STEP_FAILED = 2 } MgStep;
MgLine       *mg_call_get_line        (MgCall *call);       /* drivers; NULL without lines */
gint64        mg_call_get_deadline_us (MgCall *call);       GCancellable *mg_call_get_cancellable (MgCall *call); /* monotonic */
gboolean      mg_call_sleep           (MgCall *call, gint64 us, GError **error); /* FALSE: cancelled or too late; 0: only asks */
guint         mg_call_get_attempt     (MgCall *call);       /* 1, 2 ...: the host repeats what failed; 0: a Test button */
const char   *mg_call_get_actor       (MgCall *call);       /* "schedule", "user:anna", "control:limits" */
/* A step of the transcript that Test buttons, logs and recordings show: a stable code ("tls", "login"), then text. */
void          mg_call_step            (MgCall *call, MgStep outcome, const char *code, const char *fmt, ...) G_GNUC_PRINTF (4, 5);
void          mg_call_progress        (MgCall *call, guint64 done, guint64 total, const char *what);
gboolean      mg_call_wants           (MgCall *call, const char *key); /* read (): is this point asked for? mostly all are */
/* read (): the last kept reading, in UTC and by the device's clock (NONE: it has none); what is newer may be back-filled */
gboolean      mg_call_get_last_kept   (MgCall *call, gint64 *utc_ms, MgValue *device_time);
MgDevice     *mg_call_find_device     (MgCall *call, const char *address); /* of this channel on this line; NULL: not ours */
guint         mg_call_get_devices     (MgCall *call, MgDevice *const **devices);
void          mg_call_emit            (MgCall *call, MgReadout *readout /* full */); /* listen (); back-fill in read () */
void          mg_call_failed          (MgCall *call, MgDevice *device, GError *why /* full */); /* listen (): heard, but useless */
void          mg_call_found           (MgCall *call, MgFound *found /* full */);     /* scan (); strangers in listen () */

G_END_DECLS
