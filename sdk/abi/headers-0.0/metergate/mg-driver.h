/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-driver.h: drivers: devices, what a scan found, commands, and the functions of a driver. */
#pragma once

#include <metergate/mg-line.h>
#include <metergate/mg-readout.h>

G_BEGIN_DECLS

const char     *mg_device_get_address (MgDevice *device); /* the setting "address", in its one normal form */
const MgConfig *mg_device_get_config  (MgDevice *device); gpointer mg_device_get_data (MgDevice *device); /* device_new's */
MgFound *mg_found_new      (const char *address);         void     mg_found_free (MgFound *found);
void     mg_found_identity (MgFound *found, const MgIdentity *identity);
void     mg_found_setting  (MgFound *found, const char *key, const char *value); /* a device setting that is known already */
void     mg_found_sure     (MgFound *found, guint percent); /* less than 100: "looks like" */
void     mg_found_heard    (MgFound *found, gint rssi_dbm /* 0: none */, const guint8 *frame, gsize len);
typedef enum { MG_COMMAND_DANGEROUS = 1 /* a person is asked again */, MG_COMMAND_IDEMPOTENT = 2 } MgCommandFlags;
typedef struct { const char *name; guint32 flags; MgTable args; /* MgSetting */ const char *summary, *help; } MgCommand;
gboolean    mg_device_offer (MgDevice *device, const MgCommand *command, GError **error); /* in device_new (), by profile */
const char *mg_command_call_get_name (MgCommandCall *c);  const MgConfig *mg_command_call_get_args (MgCommandCall *c);
const char *mg_command_call_get_id (MgCommandCall *c);    guint32 mg_command_call_get_meter (MgCommandCall *c);
void        mg_command_call_done (MgCommandCall *c, GError *error /* full; NULL: done */); /* services only */
typedef enum { MG_DRIVER_ONE_LINE = 1, MG_DRIVER_NO_LINE = 2 } MgDriverFlags;
typedef struct {
    gsize    struct_size; guint32 flags, reserved;
    MgTable  channel_settings, device_settings, scan_settings, commands;         /* MgSetting; MgCommand, for every device */
    /* one instance a channel; touches nothing outside */
    gpointer (*create)  (MgHost *host, const MgConfig *channel, GError **error); void (*destroy) (gpointer self);
    gboolean (*open)    (gpointer self, MgCall *call, GError **error); /* the line is connected (again): set a stick up */
    void     (*close)   (gpointer self, MgCall *call);
    gboolean (*device_check) (const MgConfig *device, GError **error); /* what no table can say; for `config check`, the form */
    gboolean (*device_new)   (gpointer self, MgDevice *device, gpointer *data, GError **error); /* no I/O */
    void     (*device_free)  (gpointer self, gpointer data);
    /* One readout. TRUE; or TRUE after mg_readout_partial (); or FALSE, and `out` is dropped. The host repeats and backs off. */
    gboolean (*read)    (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error);
    /* Push. Read with MG_FOREVER and emit, until a line function fails. When nothing comes in and somebody else wants the line,
     * never within a frame, that failure is MG_ERROR_YIELD: return TRUE (or FALSE with just that error), you are called again. */
    gboolean (*listen)  (gpointer self, MgCall *call, GError **error);
    gboolean (*probe)   (gpointer self, MgDevice *device, MgCall *call, MgFound *found, GError **error); /* who answers there? */
    gboolean (*scan)    (gpointer self, const MgConfig *options, MgCall *call, GError **error); /* known devices first */
    /* Let through by the gate already. Do it and read back into `out` what proves it. Repeated only if IDEMPOTENT. */
    gboolean (*command) (gpointer self, MgDevice *device, MgCommandCall *command, MgCall *call, MgReadout *out, GError **error);
} MgDriverOps;

G_END_DECLS
