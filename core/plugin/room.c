/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* room.c: what is found in the folders, what of it is loaded, and why the rest is not. */
#include "room.h"

#include "loader.h"
#include "module.h"
#include "probe.h"

#include <host/mgh-module.h>

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define PROBE_TIMEOUT_MS 10000

struct _PluginRoom {
    char **folders, **disabled;
    uid_t extra_owner;
    Journal *journal;
    Marks *marks;
    MarkCrash last_crash;
    char *last_signal; /* NULL: nothing crashed */
    Probe *probe;
    GPtrArray *modules; /* of PluginModule: what is accepted, in order */
    GArray *infos;      /* of PluginInfo; texts are the room's */
};

static gint64 file_changed_ns (const struct stat *info)
{
    return (gint64) info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

static void plugin_info_clear (gpointer data)
{
    PluginInfo *info = data;

    g_free ((char *) info->path);
    g_free ((char *) info->file);
    g_free ((char *) info->reason);
}

/* ---- the list */

static const PluginInfo *room_find_info (PluginRoom *room, const GArray *infos, const char *path)
{
    for (guint i = 0; i < infos->len; i++)
        if (strcmp (g_array_index (infos, PluginInfo, i).path, path) == 0)
            return &g_array_index (infos, PluginInfo, i);
    return NULL;
}

/* One line: file, reason, remedy. Said again at a later scan only if the reason is another. */
static void room_refuse (PluginRoom *room, const GArray *old, const char *path, const GError *why)
{
    g_autofree char *file = g_path_get_basename (path);
    g_autofree char *subject = g_strconcat ("plugin:", file, NULL);
    const PluginInfo *known = room_find_info (room, old, path);
    PluginInfo info = { .path = g_strdup (path),
                        .file = g_steal_pointer (&file),
                        .reason = g_strdup (why->message),
                        .remedy = module_remedy (why->code) };

    g_array_append_val (room->infos, info);
    if (why->code == MODULE_ERROR_OFF || room->journal == NULL)
        return;
    if (known == NULL || g_strcmp0 (known->reason, info.reason) != 0)
        journal_raise (room->journal, "plugin.refused", subject, NULL, "file", path, "reason", info.reason, "remedy",
                       info.remedy, NULL);
}

static void room_accept (PluginRoom *room, const char *path, PluginModule *module)
{
    PluginInfo info = {
        .path = g_strdup (path), .file = g_path_get_basename (path), .accepted = TRUE, .module = &module->module
    };

    g_ptr_array_add (room->modules, module);
    g_array_append_val (room->infos, info);
}

static PluginModule *room_find_module (PluginRoom *room, const MgModule *descriptor)
{
    for (guint i = 0; i < room->modules->len; i++) {
        PluginModule *module = g_ptr_array_index (room->modules, i);

        if (&module->module == descriptor)
            return module;
    }
    return NULL;
}

/* Accepted at an earlier scan: it stays as it is. Said once: that the file is another one by now. */
static void room_keep (PluginRoom *room, const PluginInfo *known)
{
    PluginModule *module = room_find_module (room, known->module);
    PluginInfo again = *known;
    struct stat info;

    again.path = g_strdup (known->path);
    again.file = g_strdup (known->file);
    g_array_append_val (room->infos, again);
    if (lstat (known->path, &info) != 0 ||
        (file_changed_ns (&info) == module->changed_ns && info.st_ino == module->inode))
        return;
    g_autofree char *subject = g_strconcat ("plugin:", module->name, NULL);

    module->changed_ns = file_changed_ns (&info);
    module->inode = info.st_ino;
    if (room->journal != NULL)
        journal_raise (room->journal, "plugin.changed", subject, NULL, "file", known->path, NULL);
}

/* ---- one file */

static PluginFeature *room_lookup (PluginRoom *room, guint32 kind, const char *name)
{
    for (guint i = 0; i < room->modules->len; i++) {
        const PluginModule *module = g_ptr_array_index (room->modules, i);

        for (guint j = 0; j < module->features->len; j++) {
            PluginFeature *f = g_ptr_array_index (module->features, j);

            if (f->info.kind == kind && strcmp (f->info.name, name) == 0)
                return f;
        }
    }
    return NULL;
}

static gboolean room_is_trusted (PluginRoom *room, const char *what, const struct stat *info, GError **error)
{
    if (info->st_uid != 0 && info->st_uid != room->extra_owner) {
        g_set_error (error, MODULE_ERROR, MODULE_ERROR_MODE, "%s belongs to user %u, expected root or user %u", what,
                     (guint) info->st_uid, (guint) room->extra_owner);
        return FALSE;
    }
    if ((info->st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return TRUE;
    g_set_error (error, MODULE_ERROR, MODULE_ERROR_MODE, "%s is writable by %s (mode %04o)", what,
                 (info->st_mode & S_IWOTH) != 0 ? "everybody" : "its group", info->st_mode & 07777);
    return FALSE;
}

static gboolean room_check_file (PluginRoom *room, const char *path, struct stat *info, GError **error)
{
    if (lstat (path, info) != 0) {
        g_set_error (error, MODULE_ERROR, MODULE_ERROR_FILE, "it can not be looked at: %s", g_strerror (errno));
        return FALSE;
    }
    if (S_ISREG (info->st_mode))
        return room_is_trusted (room, "the file", info, error);
    g_set_error (error, MODULE_ERROR, MODULE_ERROR_FILE, "it is %s",
                 S_ISLNK (info->st_mode) ? "a link" : "no plain file");
    return FALSE;
}

static gboolean room_is_wanted (PluginRoom *room, const char *name, const char *feature, MarkSlot *slot, GError **error)
{
    g_autoptr (GDateTime) when = NULL;
    g_autofree char *text = NULL, *signal = NULL;
    MarkCrash crash;

    if (room->disabled != NULL && (g_strv_contains ((const char *const *) room->disabled, name) ||
                                   g_strv_contains ((const char *const *) room->disabled, feature))) {
        g_set_error (error, MODULE_ERROR, MODULE_ERROR_OFF, "it is switched off");
        return FALSE;
    }
    if (slot == NULL)
        return TRUE;
    marks_slot_get (slot, &crash);
    if (!crash.blocked)
        return TRUE;
    when = g_date_time_new_from_unix_utc (crash.at_ms / 1000);
    text = when != NULL ? g_date_time_format (when, "%Y-%m-%dT%H:%M:%SZ") : g_strdup ("?");
    signal = marks_signal_text (crash.signal);
    g_set_error (error, MODULE_ERROR, MODULE_ERROR_CRASHES,
                 "it crashed %d times within %d minutes, last at %s in %s () by %s", MARKS_LIMIT,
                 MARKS_WINDOW_MS / 60000, text, crash.function, signal);
    return FALSE;
}

/* The first that has a name keeps it. */
static gboolean room_check_names (PluginRoom *room, const MgModule *module, GError **error)
{
    MgFeature info;

    for (guint i = 0; mgh_table_get (&module->features, i, &info, sizeof info); i++) {
        const PluginFeature *other = room_lookup (room, info.kind, info.name);

        if (other == NULL)
            continue;
        g_set_error (error, MODULE_ERROR, MODULE_ERROR_TAKEN, "%s %s is there already, from %s.so",
                     mgh_kind_nick (info.kind), info.name, other->module->name);
        return FALSE;
    }
    return TRUE;
}

static gboolean room_check_events (PluginRoom *room, const MgModule *module, const char *name, GError **error)
{
    g_autoptr (GError) why = NULL;

    if (room->journal == NULL || module->events.n_items == 0 ||
        journal_add_codes (room->journal, name, &module->events, &why))
        return TRUE;
    g_set_error_literal (error, MODULE_ERROR, MODULE_ERROR_TAKEN, why->message);
    return FALSE;
}

/* In the gateway itself now: the linker's own words first, then libltdl keeps it for good. */
static PluginModule *room_open (PluginRoom *room, const char *path, const char *name, MarkSlot *slot, GError **error)
{
    const MgModule *original;
    PluginModule *module = NULL;
    void *handle = NULL;
    MarkCall mark;

    marks_enter (&mark, slot, "load");
    original = module_open (path, &handle, error);
    if (original != NULL && room_check_names (room, original, error) && loader_keep (path, original, error) &&
        room_check_events (room, original, name, error))
        module = plugin_module_new (name, slot, original, room->journal);
    if (module != NULL)
        marks_slot_set_code (room->marks, slot, original);
    if (handle != NULL)
        dlclose (handle);
    marks_leave (&mark);
    return module;
}

static PluginModule *room_load (PluginRoom *room, const char *path, GError **error)
{
    g_autofree char *file = g_path_get_basename (path), *feature = NULL;
    g_autofree char *name = g_strndup (file, strlen (file) - strlen (".so"));
    PluginModule *module;
    ProbeVerdict verdict;
    struct stat info;
    MarkSlot *slot;
    guint32 kind;

    if (!module_parse_name (file, &kind, &feature, error))
        return NULL;
    slot = marks_slot (room->marks, name);
    if (!room_is_wanted (room, name, feature, slot, error) || !room_check_file (room, path, &info, error))
        return NULL;
    verdict = probe_file (room->probe, path, &info);
    if (verdict.code != 0) {
        g_set_error_literal (error, MODULE_ERROR, verdict.code, verdict.reason);
        probe_verdict_clear (&verdict);
        return NULL;
    }
    module = room_open (room, path, name, slot, error);
    if (module != NULL) {
        module->changed_ns = file_changed_ns (&info);
        module->inode = info.st_ino;
    }
    return module;
}

/* ---- the folders */

static gint room_compare_paths (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *room_find_files (const char *folder, GError **error)
{
    g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
    const char *file;

    if (dir == NULL)
        return NULL;
    while ((file = g_dir_read_name (dir)) != NULL)
        if (g_str_has_suffix (file, ".so"))
            g_ptr_array_add (files, g_build_filename (folder, file, NULL));
    g_ptr_array_sort (files, room_compare_paths);
    return g_steal_pointer (&files);
}

static void room_scan_file (PluginRoom *room, GArray *old, const char *path)
{
    g_autoptr (GError) why = NULL;
    const PluginInfo *known = room_find_info (room, old, path);
    PluginModule *module;

    if (known != NULL && known->accepted) {
        room_keep (room, known);
        return;
    }
    module = room_load (room, path, &why);
    if (module != NULL)
        room_accept (room, path, module);
    else
        room_refuse (room, old, path, why);
}

static void room_scan_folder (PluginRoom *room, GArray *old, const char *given)
{
    g_autofree char *folder = realpath (given, NULL);
    g_autoptr (GPtrArray) files = NULL;
    g_autoptr (GError) why = NULL;
    struct stat info;

    if (folder == NULL || stat (folder, &info) != 0) {
        if (errno != ENOENT)
            g_warning ("plugin folder %s: %s", given, g_strerror (errno));
        return;
    }
    if (room_is_trusted (room, "the folder", &info, &why))
        files = room_find_files (folder, &why);
    if (files == NULL) {
        g_autoptr (GError) refusal = g_error_new_literal (MODULE_ERROR, MODULE_ERROR_MODE, why->message);

        room_refuse (room, old, folder, refusal);
        return;
    }
    for (guint i = 0; i < files->len; i++)
        room_scan_file (room, old, g_ptr_array_index (files, i));
}

static GArray *room_infos_new (void)
{
    GArray *infos = g_array_new (FALSE, TRUE, sizeof (PluginInfo));

    g_array_set_clear_func (infos, plugin_info_clear);
    return infos;
}

void plugin_room_scan (PluginRoom *room)
{
    g_autoptr (GArray) old = g_steal_pointer (&room->infos);

    room->infos = room_infos_new ();
    for (gsize i = 0; room->folders != NULL && room->folders[i] != NULL; i++)
        room_scan_folder (room, old, room->folders[i]);
    probe_save (room->probe);
}

guint plugin_room_list (PluginRoom *room, const PluginInfo **infos)
{
    *infos = (const PluginInfo *) (gpointer) room->infos->data;
    return room->infos->len;
}

/* ---- asked for by name */

static void room_set_refused (PluginRoom *room, const PluginInfo *info, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "%s was refused: %s; %s", info->file, info->reason,
                 info->remedy);
}

static char *room_names (PluginRoom *room, guint32 kind)
{
    GString *names = g_string_new (NULL);

    for (guint i = 0; i < room->modules->len; i++) {
        const PluginModule *module = g_ptr_array_index (room->modules, i);

        for (guint j = 0; j < module->features->len; j++) {
            const PluginFeature *f = g_ptr_array_index (module->features, j);

            if (f->info.kind == kind)
                g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", f->info.name);
        }
    }
    if (names->len == 0)
        g_string_append (names, "none");
    return g_string_free (names, FALSE);
}

const PluginFeature *plugin_room_find (PluginRoom *room, MgKind kind, const char *name, GError **error)
{
    const char *nick = mgh_kind_nick (kind);
    const PluginFeature *f = room_lookup (room, kind, name);
    g_autofree char *file = g_strdup_printf ("%s-%s.so", nick, name);
    g_autofree char *names = NULL;

    if (f != NULL)
        return f;
    for (guint i = 0; i < room->infos->len; i++) {
        const PluginInfo *info = &g_array_index (room->infos, PluginInfo, i);

        if (!info->accepted && strcmp (info->file, file) == 0) {
            room_set_refused (room, info, error);
            return NULL;
        }
    }
    names = room_names (room, kind);
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "no %s \"%s\", there are: %s", nick, name, names);
    return NULL;
}

gboolean plugin_room_enable (PluginRoom *room, const char *plugin)
{
    g_autofree char *file = g_strconcat (plugin, ".so", NULL);
    MarkSlot *slot = marks_slot (room->marks, plugin);
    gboolean any = slot != NULL && marks_slot_clear (slot);

    for (guint i = 0; i < room->infos->len; i++) {
        const PluginInfo *info = &g_array_index (room->infos, PluginInfo, i);

        if (strcmp (info->file, file) == 0)
            any |= probe_forget (room->probe, info->path);
    }
    return any;
}

/* ---- the room */

static void room_tell_crash (PluginRoom *room, const MarkCrash *crash, const char *signal)
{
    g_autofree char *subject = g_strconcat ("plugin:", crash->plugin, NULL);
    g_autofree char *call = g_strdup_printf ("%s ()", crash->function);
    g_autofree char *count = g_strdup_printf ("%u", crash->crashes);

    if (room->journal == NULL)
        return;
    journal_raise (room->journal, "plugin.crashed", subject, NULL, "call", call, "signal", signal, "crashes", count,
                   NULL);
    if (crash->blocked)
        journal_raise (room->journal, "plugin.disabled", subject, NULL, "crashes", count, NULL);
}

static void room_tell_crashes (PluginRoom *room)
{
    g_autoptr (GArray) news = marks_take_news (room->marks);

    for (guint i = 0; i < news->len; i++) {
        const MarkCrash *crash = &g_array_index (news, MarkCrash, i);
        g_autofree char *signal = marks_signal_text (crash->signal);

        room_tell_crash (room, crash, signal);
        if (i > 0)
            continue;
        room->last_crash = *crash;
        room->last_signal = g_steal_pointer (&signal);
    }
}

gboolean plugin_room_last_crash (PluginRoom *room, PluginCrash *crash)
{
    const MarkCrash *last = &room->last_crash;

    if (room->last_signal == NULL)
        return FALSE;
    *crash = (PluginCrash){ .plugin = last->plugin,
                            .function = last->function,
                            .signal = room->last_signal,
                            .at_ms = last->at_ms,
                            .crashes = last->crashes,
                            .blocked = last->blocked };
    return TRUE;
}

PluginRoom *plugin_room_new (const PluginOptions *options, Journal *journal)
{
    PluginRoom *room = g_new0 (PluginRoom, 1);
    guint timeout_ms = options->probe_timeout_ms > 0 ? options->probe_timeout_ms : PROBE_TIMEOUT_MS;
    g_autoptr (GError) error = NULL;

    room->folders = g_strdupv ((char **) options->folders);
    room->disabled = g_strdupv ((char **) options->disabled);
    room->extra_owner = options->extra_owner;
    room->journal = journal;
    room->modules = g_ptr_array_new_with_free_func ((GDestroyNotify) plugin_module_free);
    room->infos = room_infos_new ();
    room->probe = probe_new (options->probe, options->cache_file, timeout_ms);
    room->marks = marks_open (options->crash_file, &error);
    if (error != NULL)
        g_warning ("plugins: %s", error->message);
    loader_begin ();
    room_tell_crashes (room);
    return room;
}

/* A driver that never comes back was abandoned with its thread: what that thread still holds stays in memory. */
static gboolean room_drop_abandoned (PluginRoom *room)
{
    static GSList *abandoned; /* known to leak checkers */
    gboolean any = FALSE;

    for (guint i = room->modules->len; i-- > 0;) {
        PluginModule *module = g_ptr_array_index (room->modules, i);

        module->journal = NULL;
        if (g_atomic_int_get (&module->running) == 0)
            continue;
        abandoned = g_slist_prepend (abandoned, g_ptr_array_steal_index (room->modules, i));
        any = TRUE;
    }
    return any;
}

void plugin_room_free (PluginRoom *room)
{
    gboolean abandoned = room_drop_abandoned (room);

    g_ptr_array_unref (room->modules);
    g_array_unref (room->infos);
    probe_free (room->probe);
    marks_close (room->marks, abandoned);
    g_strfreev (room->folders);
    g_strfreev (room->disabled);
    g_free (room->last_signal);
    g_free (room);
}
