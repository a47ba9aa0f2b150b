/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-module.h: the one exported symbol of a plugin file, and the checks that the loader makes. */
#pragma once

#include <metergate/mg-driver.h>
#include <metergate/mg-output.h>
#include <metergate/mg-service.h>

G_BEGIN_DECLS

typedef enum { MG_KIND_DRIVER = 1, MG_KIND_FORMAT, MG_KIND_TRANSPORT, MG_KIND_SERVICE, MG_KIND_DECODER /* later */ } MgKind;
typedef enum { MG_MATURITY_EXPERIMENTAL = 1, MG_MATURITY_BETA, MG_MATURITY_STABLE } MgMaturity;
typedef enum { MG_SEVERITY_INFO = 1, MG_SEVERITY_WARNING, MG_SEVERITY_ALARM } MgSeverity;
typedef struct { guint32 kind, maturity; const char *name /* one of its kind */, *summary; const void *ops; } MgFeature;
typedef struct { const char *code; guint32 severity; const char *text /* "{value} > {limit}" */; } MgEventInfo;
typedef struct {
    gsize       struct_size; guint32 abi_major, abi_minor;
    const char *name, *version, *vendor, *license /* SPDX */, *url, *gettext_domain;
    MgTable     features, events; /* MgFeature; MgEventInfo: an event that is in no table does not exist */
} MgModule;
#define MG_MODULE_SYMBOL "mg_module"
#define MG_MODULE_DEFINE(...)                                                                  \
    extern __attribute__ ((visibility ("default"))) const MgModule mg_module;                  \
    const MgModule mg_module = MG_INIT (MgModule, .abi_major = MG_ABI_MAJOR, .abi_minor = MG_ABI_MINOR, __VA_ARGS__)
/* The loader calls these and a plugin's test should: required functions, unique keys, defaults that parse and are in range. They
 * make each table type reachable from an exported function; without that abidiff does not see a reordered vtable. */
gboolean mg_driver_check (const MgDriverOps *o, GError **e);       gboolean mg_format_check (const MgFormatOps *o, GError **e);
gboolean mg_transport_check (const MgTransportOps *o, GError **e); gboolean mg_service_check (const MgServiceOps *o, GError **e);
gboolean mg_setting_check (const MgSetting *s, GError **e);        gboolean mg_command_check (const MgCommand *c, GError **e);
gboolean mg_event_info_check (const MgEventInfo *i, GError **e);   gboolean mg_feature_check (const MgFeature *f, GError **e);
gboolean mg_module_check (const MgModule *m, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgReadout, mg_readout_unref) G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgFound, mg_found_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgItem, mg_item_free)        G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgMeterNow, mg_meter_now_unref)

G_END_DECLS
