/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-module.h: the one exported symbol of a plugin file, and the checks that the loader makes.
 *
 * A plugin file is a shared object `<kind>-<feature>.so` (driver-mbus.so, format-csv.so) that exports exactly one
 * symbol, the constant `mg_module`. It names the ABI that the file was built for, what the file offers (features) and
 * which events it may raise. Everything in it is constant: written once at compile time, read by the loader on its main
 * loop, alive until the process ends (modules are never unloaded).
 *
 *     static const MgDriverOps ops = MG_INIT (MgDriverOps, .device_settings = MG_TABLE (device_settings), .read =
 * acme_read); static const MgFeature features[] = { { .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name =
 * "acme", .summary = "ACME heat meters", .ops = &ops },
 *     };
 *     MG_MODULE_DEFINE (.name = "acme", .version = "1.2", .vendor = "ACME", .license = "MIT", .features = MG_TABLE
 * (features));
 */
#pragma once

#include <metergate/mg-driver.h>
#include <metergate/mg-output.h>
#include <metergate/mg-service.h>

G_BEGIN_DECLS

/* What a feature is; decides which struct MgFeature.ops points at, and the first word of the file's name. */
typedef enum {
    MG_KIND_DRIVER = 1,    /* MgDriverOps, driver-NAME.so */
    MG_KIND_FORMAT = 2,    /* MgFormatOps, format-NAME.so */
    MG_KIND_TRANSPORT = 3, /* MgTransportOps, transport-NAME.so */
    MG_KIND_SERVICE = 4,   /* MgServiceOps, service-NAME.so */
    MG_KIND_DECODER = 5    /* reserved: no host of this version takes it */
} MgKind;

/* How far a feature has been tried; shown to whoever chooses it. */
typedef enum {
    MG_MATURITY_EXPERIMENTAL = 1, /* never met the real thing */
    MG_MATURITY_BETA = 2,         /* met some of it */
    MG_MATURITY_STABLE = 3        /* in use */
} MgMaturity;

/* How loud an event is. */
typedef enum {
    MG_SEVERITY_INFO = 1,    /* for the record */
    MG_SEVERITY_WARNING = 2, /* somebody should look at it some day */
    MG_SEVERITY_ALARM = 3    /* somebody should look at it now */
} MgSeverity;

/* One thing that a module offers. */
typedef struct {
    guint32 kind;     /* MgKind */
    guint32 maturity; /* MgMaturity */
    const char
        *name; /* unique among the features of its kind on the gateway: lower case, digits, dashes; 1..32 bytes */
    const char *summary; /* one line for people, without a full stop */
    const void *ops;     /* the functions and settings of its kind: MgDriverOps ... */
} MgFeature;

/* One event that a module may raise with mg_host_raise (). An event that is in no table does not exist. */
typedef struct {
    const char *code;   /* unique over all modules, dotted: "threshold.exceeded"; 1..64 bytes */
    guint32 severity;   /* MgSeverity */
    const char *text;   /* for people, in English, parameters in braces: "{value} > {limit}" */
    const char *clears; /* the code of the event that this one ends, or NULL */
} MgEventInfo;

/* The descriptor. Define it with MG_MODULE_DEFINE, which fills in size and ABI. */
typedef struct {
    gsize struct_size;   /* MG_INIT */
    guint32 abi_major;   /* MG_ABI_MAJOR of the header it was built with */
    guint32 abi_minor;   /* MG_ABI_MINOR */
    const char *name;    /* of the module, for people and logs: "acme"; lower case, digits, dashes; 1..32 bytes */
    const char *version; /* the module's own: "1.2" */
    const char *vendor;  /* who answers for it */
    const char *license; /* an SPDX expression: "MIT" */
    const char *url;     /* where to find more, or NULL */
    const char *gettext_domain; /* of its texts, or NULL: English only */
    MgTable features;           /* of MgFeature, at least one; one of them is named as the file is */
    MgTable events;             /* of MgEventInfo; may be empty */
} MgModule;

/* The name of the exported symbol, for the loader. */
#define MG_MODULE_SYMBOL "mg_module"

/* Defines and exports the descriptor; once in a module, at file scope, with designated initialisers. */
#define MG_MODULE_DEFINE(...)                                                                                          \
    extern __attribute__ ((visibility ("default"))) const MgModule mg_module;                                          \
    const MgModule mg_module = MG_INIT (MgModule, .abi_major = MG_ABI_MAJOR, .abi_minor = MG_ABI_MINOR, __VA_ARGS__)

/*
 * The checks. The loader calls mg_module_check (), which calls the others; a plugin's own test should call it too. They
 * are pure [any], take what older plugins hand over (shorter structs are refused while the major is 0), and return
 * FALSE with MG_ERROR and one line that says what is wrong where: "driver acme: device_settings: key \"address\"
 * is there twice". Each is exported with its own type so that abidiff sees every struct that crosses the border.
 */

/* The whole: ABI, names, every feature, every event, nothing twice. */
gboolean mg_module_check (const MgModule *module, GError **error);

/* One feature: kind, maturity, name, summary, and its functions by the check of its kind. */
gboolean mg_feature_check (const MgFeature *feature, GError **error);

/* A driver: read () or listen (); scan () where there are scan_settings; command () where there are commands; its
 * tables. */
gboolean mg_driver_check (const MgDriverOps *ops, GError **error);

/* A format: item (), a content type, an extension of lower-case letters and digits; its settings. */
gboolean mg_format_check (const MgFormatOps *ops, GError **error);

/* A transport: deliver (); its settings. */
gboolean mg_transport_check (const MgTransportOps *ops, GError **error);

/* A service: create (), and start () or updated () or more (); its settings. */
gboolean mg_service_check (const MgServiceOps *ops, GError **error);

/* One setting: key, type, flags; default, min and max parse and are in range; choices where they belong. */
gboolean mg_setting_check (const MgSetting *setting, GError **error);

/* One command: name, flags, arguments, summary. */
gboolean mg_command_check (const MgCommand *command, GError **error);

/* One event: code, severity, a text whose braces match, a code to clear. */
gboolean mg_event_info_check (const MgEventInfo *info, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgReadout, mg_readout_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgFound, mg_found_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgItem, mg_item_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgMeterNow, mg_meter_now_unref)

G_END_DECLS
