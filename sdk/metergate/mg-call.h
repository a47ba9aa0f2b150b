/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-call.h: the circumstances of one call into a plugin: deadline, cancellation, transcript, what is asked for.
 *
 * An MgCall is handed to a plugin's function and is good until that function returns. It belongs to the thread of the
 * call: keep neither it nor what it returned. What is added later comes as new functions here, never as new parameters.
 */
#pragma once

#include <metergate/mg-host.h>

G_BEGIN_DECLS

/* How a step of the transcript went. */
typedef enum { MG_STEP_INFO = 0, MG_STEP_OK = 1, MG_STEP_FAILED = 2 } MgStep;

/* The line this call may use, NULL without lines. For drivers. */
MgLine *mg_call_get_line (MgCall *call);

/* When the call must have returned, in the host's monotonic microseconds; 0: no deadline. Line functions and
 * mg_call_sleep () obey it by themselves. */
gint64 mg_call_get_deadline_us (MgCall *call);

/* Fires when the call shall end early; line functions and mg_call_sleep () obey it. For GIO calls of the plugin's own.
 * NULL: the call cannot be cancelled. */
GCancellable *mg_call_get_cancellable (MgCall *call);

/* Waits `us` microseconds, at most until the deadline. FALSE with G_IO_ERROR_CANCELLED, or with MG_ERROR_TIMEOUT when
 * the deadline has come. 0 only asks whether to go on. A replay's wait costs no time. */
gboolean mg_call_sleep (MgCall *call, gint64 us, GError **error);

/* 1, 2, ...: the host repeats what failed, each time as a call of its own; 0: a Test button. */
guint mg_call_get_attempt (MgCall *call);

/* Who caused it: "schedule", "user:anna", "control:limits". */
const char *mg_call_get_actor (MgCall *call);

/* A step of the transcript that Test buttons, logs and recordings show: a stable code ("tls", "login"), then text for
 * people, without secrets. */
void mg_call_step (MgCall *call, MgStep outcome, const char *code, const char *fmt, ...) G_GNUC_PRINTF (4, 5);

/* How far a long call is; total 0: not known. `what` names the present step for people. Cheap enough for each device.
 */
void mg_call_progress (MgCall *call, guint64 done, guint64 total, const char *what);

/* read (): is this point asked for? Mostly all are; a driver whose points cost an exchange each leaves the others out.
 */
gboolean mg_call_wants (MgCall *call, const char *key);

/* read (): the last kept reading of this device, in UTC milliseconds and by the device's own clock (type NONE: it has
 * none). What is newer in its memory may be back-filled by mg_call_emit (). FALSE: there is none. Both pointers may be
 * NULL. */
gboolean mg_call_get_last_kept (MgCall *call, gint64 *utc_ms, MgValue *device_time);

/* The device of this channel on this line with that address, in its normal form; NULL: not ours. */
MgDevice *mg_call_find_device (MgCall *call, const char *address);

/* All devices of this channel on this line; their number is returned. `devices` may be NULL. */
guint mg_call_get_devices (MgCall *call, MgDevice *const **devices);

/* Hands a readout over (full): what was heard in listen (), back-filled ones in read (). */
void mg_call_emit (MgCall *call, MgReadout *readout);

/* listen (): something was heard from this device, but it was useless: why (full). */
void mg_call_failed (MgCall *call, MgDevice *device, GError *why);

/* A device that was found (full): by scan (); strangers in listen (). */
void mg_call_found (MgCall *call, MgFound *found);

G_END_DECLS
