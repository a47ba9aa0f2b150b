/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-driver.h: drivers: devices, what a scan found, commands, and the functions of a driver.
 *
 * A driver reads meters on lines. One instance serves one channel; its functions are called one at a time, from
 * whatever thread has the turn, and may block: they obey the call's deadline and cancellable (line functions do so by
 * themselves).
 */
#pragma once

#include <metergate/mg-line.h>
#include <metergate/mg-readout.h>

G_BEGIN_DECLS

/* ----------------------------------------------------------------------------------------------------------- devices
 */

/* An MgDevice is good from device_new () to device_free (). */

/* The device setting "address", in its one normal form. */
const char *mg_device_get_address (MgDevice *device);

/* Its settings, by the driver's device_settings; NULL in some tests. */
const MgConfig *mg_device_get_config (MgDevice *device);

/* What device_new () gave. */
gpointer mg_device_get_data (MgDevice *device);

/* ------------------------------------------------------------------------------------------------- what a scan found
 */

/* A device that was found at this address (full). */
MgFound *mg_found_new (const char *address);
void mg_found_free (MgFound *found);

/* Who it says it is; copied. */
void mg_found_identity (MgFound *found, const MgIdentity *identity);

/* A device setting that is known already, as the text that a configuration would have. */
void mg_found_setting (MgFound *found, const char *key, const char *value);

/* How sure the driver is; less than 100: "looks like". 100 when not called. */
void mg_found_sure (MgFound *found, guint percent);

/* Signal strength (0: none) and the telegram it was heard in; copied. */
void mg_found_heard (MgFound *found, gint rssi_dbm, const guint8 *frame, gsize len);

/* ---------------------------------------------------------------------------------------------------------- commands
 */

typedef enum {
    MG_COMMAND_DANGEROUS = 1, /* a person is asked again */
    MG_COMMAND_IDEMPOTENT = 2 /* doing it twice is doing it once: it may be repeated */
} MgCommandFlags;

/* A command that devices take; constant, lives as long as the module. */
typedef struct {
    const char *name; /* "set-address", as the API calls it */
    guint32 flags;    /* MgCommandFlags */
    MgTable args;     /* MgSetting */
    const char *summary, *help;
} MgCommand;

/* In device_new (): this device takes this command, by its profile; beside the driver's commands, which all take.
 * FALSE with MG_ERROR_INTERNAL for a name that was offered already. */
gboolean mg_device_offer (MgDevice *device, const MgCommand *command, GError **error);

/* A command on its way. Good within command (); for services until done. */
const char *mg_command_call_get_name (MgCommandCall *c);
const MgConfig *mg_command_call_get_args (MgCommandCall *c);
const char *mg_command_call_get_id (MgCommandCall *c); /* the same in audit, events and API */
guint32 mg_command_call_get_meter (MgCommandCall *c);

/* Services only: it is done, or failed (full). The first call counts. */
void mg_command_call_done (MgCommandCall *c, GError *error);

/* ------------------------------------------------------------------------------------------------------------ drivers
 */

typedef enum {
    MG_DRIVER_ONE_LINE = 1, /* a channel has exactly one line */
    MG_DRIVER_NO_LINE = 2   /* a channel has none */
} MgDriverFlags;

/* What a driver can do. NULL: it cannot. Each function returns FALSE only with an error. */
typedef struct {
    gsize struct_size;
    guint32 flags, reserved;                                            /* MgDriverFlags */
    MgTable channel_settings, device_settings, scan_settings, commands; /* MgSetting; MgCommand, for every device */

    /* One instance a channel, NULL with an error; touches nothing outside. The host and the configuration stay good
     * until destroy (). */
    gpointer (*create) (MgHost *host, const MgConfig *channel, GError **error);
    void (*destroy) (gpointer self);

    /* The line is connected, for the first time or again: set a stick up. close () comes when it is given up in order.
     */
    gboolean (*open) (gpointer self, MgCall *call, GError **error);
    void (*close) (gpointer self, MgCall *call);

    /* What no table can say about a device's settings; for `config check` and the form. Pure, any thread. */
    gboolean (*device_check) (const MgConfig *device, GError **error);

    /* A device joins the channel; `data` comes back from mg_device_get_data (). No input, no output. */
    gboolean (*device_new) (gpointer self, MgDevice *device, gpointer *data, GError **error);
    void (*device_free) (gpointer self, gpointer data);

    /* One readout. TRUE; or TRUE after mg_readout_partial (); or FALSE, and `out` is dropped. The host repeats and
     * backs off: a driver repeats only what its protocol repeats within one exchange. */
    gboolean (*read) (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error);

    /* Push. Read with MG_FOREVER and emit, until a line function fails. When nothing comes in and somebody else wants
     * the line, never within a frame, that failure is MG_ERROR_YIELD: return TRUE (or FALSE with just that error), you
     * are called again. */
    gboolean (*listen) (gpointer self, MgCall *call, GError **error);

    /* Who answers at that address? Fills `found`. */
    gboolean (*probe) (gpointer self, MgDevice *device, MgCall *call, MgFound *found, GError **error);

    /* Finds devices and hands each over by mg_call_found () as soon as it is sure, known ones first (they are among
     * mg_call_get_devices ()), so that a cancelled scan keeps what it found. It has no deadline. To be called before
     * each step, never within an exchange: mg_call_progress (), in which the host may lend the line to other calls, of
     * this instance too; afterwards devices may be in another state, and the line has its own speed again. */
    gboolean (*scan) (gpointer self, const MgConfig *options, MgCall *call, GError **error);

    /* The gate has let it through already. Do it and read back into `out` what proves it. Repeated only if IDEMPOTENT.
     */
    gboolean (*command) (gpointer self, MgDevice *device, MgCommandCall *command, MgCall *call, MgReadout *out,
                         GError **error);

    /* Pure: a telegram in, readings out, for `metergate decode`, the web's log, the fuzzer. Any thread; the call has no
     * line; `device` may be NULL. */
    gboolean (*decode) (const MgConfig *device, const guint8 *frame, gsize len, MgCall *call, MgReadout *out,
                        GError **error);

    /* What reports call the kind of interface that this driver reads: "MBus", "wMBus", "S0". NULL: the feature's name.
     */
    const char *interface;
} MgDriverOps;

G_END_DECLS
