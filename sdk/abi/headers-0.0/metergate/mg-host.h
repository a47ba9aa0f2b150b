/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-host.h: what any instance may ask of the gateway that runs it; every function here may be called from any thread. */
#pragma once

#include <metergate/mg-setting.h>

G_BEGIN_DECLS

const char *mg_host_get_name  (MgHost *host);                   /* "mbus1", as configured */
const char *mg_host_get_fact  (MgHost *host, const char *fact); /* of the gateway: "uuid", "name", "serial", "version" */
void        mg_host_log       (MgHost *host, GLogLevelFlags level, const char *fmt, ...) G_GNUC_PRINTF (3, 4);
gint64 mg_host_now_ms (MgHost *host); gint64 mg_host_mono_us (MgHost *host); /* UTC; monotonic. Replays turn both: never time () */
void        mg_host_count     (MgHost *host, const char *counter, gint64 add); /* statistics: "crc-errors", "requests" */
/* An event from the module's table, with parameters as name, value, ..., NULL. meter 0: the gateway's own. */
void        mg_host_raise     (MgHost *host, const char *code, guint32 meter, const char *key, ...) G_GNUC_NULL_TERMINATED;
/* Small state of this instance that outlives restarts. Seen by the next get at once, committed with the next group (1 s) and
 * never after a readout that was emitted later. NULL deletes. */
void        mg_host_put_state (MgHost *host, const char *key, GBytes *value);
GBytes     *mg_host_get_state (MgHost *host, const char *key);  /* full, or NULL */
/* Numbers that stay (registers, BACnet instances, aliases), kept in that state: `width` free ones in low..high, for ever the
 * same for (space, key); `wish` if it is free, 0: any. */
gboolean    mg_host_allot     (MgHost *host, const char *space, const char *key, guint32 low, guint32 high, guint32 width,
                               guint32 wish, guint32 *first, GError **error);
void        mg_host_release   (MgHost *host, const char *space, const char *key);

G_END_DECLS
