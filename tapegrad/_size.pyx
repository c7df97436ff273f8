"""What programs do with ``Size`` all the time, compiled: making one, and taking its items."""

cdef extern from *:
    """
    /* A tuple's item; a slice has the type of the whole. */
    static PyObject *tg_item(PyObject *sizes, PyObject *index)
    {
        PyObject *item = PyTuple_Type.tp_as_mapping->mp_subscript(sizes, index), *args, *made;
        if (item == NULL || !PySlice_Check(index))
            return item;
        args = PyTuple_Pack(1, item);
        Py_DECREF(item);
        if (args == NULL)
            return NULL;
        made = PyTuple_Type.tp_new(Py_TYPE(sizes), args, NULL);
        Py_DECREF(args);
        return made;
    }

    /* A tuple of whole numbers; what is none is for the type to convert or to refuse. */
    static PyObject *tg_new_items(PyTypeObject *type, PyObject *args, PyObject *kwargs)
    {
        PyObject *made = PyTuple_Type.tp_new(type, args, kwargs), *converted;
        Py_ssize_t k = 0;
        while (made != NULL && k < PyTuple_GET_SIZE(made) &&
               PyLong_CheckExact(PyTuple_GET_ITEM(made, k)))
            k++;
        if (made == NULL || k == PyTuple_GET_SIZE(made))
            return made;
        converted = PyObject_CallMethod((PyObject *)type, "_converted", "(O)", made);
        Py_DECREF(made);
        return converted;
    }

    static PyObject *tg_make_items(void)
    {
        static PyType_Slot slots[] = {
            {Py_tp_new, tg_new_items}, {Py_mp_subscript, tg_item}, {0, NULL}};
        static PyType_Spec spec = {"tapegrad._size.Items", 0, 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
        PyObject *bases = PyTuple_Pack(1, &PyTuple_Type), *type;
        if (bases == NULL)
            return NULL;
        type = PyType_FromSpecWithBases(&spec, bases);
        Py_DECREF(bases);
        return type;
    }
    """
    object tg_make_items()

Items = tg_make_items()
