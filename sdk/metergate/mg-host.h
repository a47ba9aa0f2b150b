/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-host.h: what any instance may ask of the gateway that runs it.
 *
 * An MgHost is handed to create () and is good until destroy () has returned. Every function here may be called from
 * any thread and none of them waits for a disk, a network or another thread's work. Strings that come back are the
 * gateway's and stay good as long as the host; what is "full" belongs to the caller.
 */
#pragma once

#include <metergate/mg-setting.h>

G_BEGIN_DECLS

/* The instance's name as configured: "mbus1" of [channel mbus1]. */
const char *mg_host_get_name (MgHost *host);

/* A fact about the gateway: "uuid", "name", "serial", "version". NULL: not known. */
const char *mg_host_get_fact (MgHost *host, const char *fact);

/* Writes to the gateway's log, with the instance's name in front. `level` is one G_LOG_LEVEL_ below ERROR; ERROR itself
 * is taken as CRITICAL: a plugin never ends the daemon. Lower case, no line end, no secrets. */
void mg_host_log (MgHost *host, GLogLevelFlags level, const char *fmt, ...) G_GNUC_PRINTF (3, 4);

/* UTC in milliseconds, for what people read. It may jump when the clock is set. In a replay it is the recorded time:
 * never ask time () or g_get_real_time () instead. */
gint64 mg_host_now_ms (MgHost *host);

/* Monotonic time in microseconds, what deadlines and distances are measured by. A replay's own too. */
gint64 mg_host_mono_us (MgHost *host);

/* Adds to a statistic of this instance, made at its first use: "crc-errors", "requests". */
void mg_host_count (MgHost *host, const char *counter, gint64 add);

/* An event with a code from the module's table, about a meter (0: the gateway itself) and one of its points (key; NULL:
 * none), with parameters as name, value, name, value, ..., NULL. All are copied. */
void mg_host_raise (MgHost *host, const char *code, guint32 meter, const char *key, ...) G_GNUC_NULL_TERMINATED;

/* Small state of this instance that outlives restarts, by key; NULL deletes. The next get sees it at once; it is
 * committed with the next group (within a second), and never after a readout that was emitted later. The value is
 * referenced. */
void mg_host_put_state (MgHost *host, const char *key, GBytes *value);

/* What was put under this key, full; NULL: nothing. */
GBytes *mg_host_get_state (MgHost *host, const char *key);

/* Numbers that stay (registers, BACnet instances, aliases), kept in that state: the first of `width` free ones within
 * low..high, for ever the same for (space, key). `wish` is taken if it is free there; 0: any. FALSE with MG_ERROR_RANGE
 * when the space is used up, MG_ERROR_UNSUPPORTED where the host keeps none (a plain test). */
gboolean mg_host_allot (MgHost *host, const char *space, const char *key, guint32 low, guint32 high, guint32 width,
                        guint32 wish, guint32 *first, GError **error);

/* Gives them back; unknown ones are ignored. */
void mg_host_release (MgHost *host, const char *space, const char *key);

G_END_DECLS
