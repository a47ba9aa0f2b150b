/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* feature.c: an accepted module and its features, in structs of our own size. */
#include "room.h"

#include <host/mgh-module.h>

static PluginFeature *plugin_feature_new (PluginModule *module, const MgFeature *info)
{
    PluginFeature *f = g_new0 (PluginFeature, 1);

    f->module = module;
    f->info = *info;
    g_mutex_init (&f->lock);
    switch (info->kind) {
    case MG_KIND_DRIVER:
        mgh_struct_copy (&f->ops.driver, sizeof f->ops.driver, info->ops, 0);
        break;
    case MG_KIND_FORMAT:
        mgh_struct_copy (&f->ops.format, sizeof f->ops.format, info->ops, 0);
        break;
    case MG_KIND_TRANSPORT:
        mgh_struct_copy (&f->ops.transport, sizeof f->ops.transport, info->ops, 0);
        break;
    default:
        mgh_struct_copy (&f->ops.service, sizeof f->ops.service, info->ops, 0);
        break;
    }
    return f;
}

static void plugin_feature_free (PluginFeature *f)
{
    g_mutex_clear (&f->lock);
    g_free (f);
}

void plugin_module_free (PluginModule *module)
{
    g_ptr_array_unref (module->features);
    g_free (module->name);
    g_free (module);
}

PluginModule *plugin_module_new (const char *name, MarkSlot *slot, const MgModule *original, Journal *journal)
{
    PluginModule *module = g_new0 (PluginModule, 1);
    MgFeature info;

    module->name = g_strdup (name);
    module->slot = slot;
    module->journal = journal;
    mgh_struct_copy (&module->module, sizeof module->module, original, 0);
    module->features = g_ptr_array_new_with_free_func ((GDestroyNotify) plugin_feature_free);
    for (guint i = 0; mgh_table_get (&module->module.features, i, &info, sizeof info); i++)
        g_ptr_array_add (module->features, plugin_feature_new (module, &info));
    return module;
}

const char *plugin_feature_name (const PluginFeature *f)
{
    return f->info.name;
}

const char *plugin_feature_plugin (const PluginFeature *f)
{
    return f->module->name;
}

guint32 plugin_feature_kind (const PluginFeature *f)
{
    return f->info.kind;
}

const MgDriverOps *plugin_feature_driver (const PluginFeature *f)
{
    return f->info.kind == MG_KIND_DRIVER ? &f->ops.driver : NULL;
}

const MgFormatOps *plugin_feature_format (const PluginFeature *f)
{
    return f->info.kind == MG_KIND_FORMAT ? &f->ops.format : NULL;
}

const MgTransportOps *plugin_feature_transport (const PluginFeature *f)
{
    return f->info.kind == MG_KIND_TRANSPORT ? &f->ops.transport : NULL;
}

const MgServiceOps *plugin_feature_service (const PluginFeature *f)
{
    return f->info.kind == MG_KIND_SERVICE ? &f->ops.service : NULL;
}
