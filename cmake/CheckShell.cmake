# cmake -D SOURCE_DIR=<repository> -P CheckShell.cmake: every shell script passes shellcheck.
find_program(SHELLCHECK shellcheck)
if(NOT SHELLCHECK)
    message("SKIPPED: no shellcheck on this machine")
    return()
endif()
file(GLOB scripts ${SOURCE_DIR}/ci.sh ${SOURCE_DIR}/examples/*.sh ${SOURCE_DIR}/examples/*/*.sh
     ${SOURCE_DIR}/tests/*/*.sh)
execute_process(COMMAND ${SHELLCHECK} -x ${scripts} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "shellcheck finds fault")
endif()
