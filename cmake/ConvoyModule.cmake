# convoy_module(NAME [LINK library...]): one module of lib/, an object library that becomes part of libconvoy.
# Which modules it may include is written in lib/LAYERS and checked by the test lint.layers.
set(CONVOY_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
    -Woverloaded-virtual -Werror)
if(CONVOY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 warns about std::regex itself then.
    list(APPEND CONVOY_WARNINGS -Wno-maybe-uninitialized)
endif()

function(convoy_module name)
    cmake_parse_arguments(module "" "" "LINK" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.cpp)
    file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.hpp)
    add_library(convoy_${name} OBJECT ${sources})
    target_include_directories(convoy_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
    target_compile_options(convoy_${name} PRIVATE ${CONVOY_WARNINGS})
    target_link_libraries(convoy_${name} PUBLIC fmt::fmt PRIVATE ${module_LINK})
    target_link_libraries(convoy PUBLIC fmt::fmt PRIVATE convoy_${name} ${module_LINK})
    convoy_header_check(${name} "${headers}" "${module_LINK}")
endfunction()

# Compiles each header alone: a header that leans on another's includes fails here.
function(convoy_header_check name headers link)
    set(checks "")
    foreach(header IN LISTS headers)
        cmake_path(GET header FILENAME file)
        set(check ${CMAKE_CURRENT_BINARY_DIR}/header_check/${name}/${file}.cpp)
        file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${name}/${file}\"\n#include \"${name}/${file}\"\n")
        list(APPEND checks ${check})
    endforeach()
    if(checks)
        add_library(header_check_${name} OBJECT EXCLUDE_FROM_ALL ${checks})
        target_include_directories(header_check_${name} PRIVATE ${PROJECT_SOURCE_DIR}/lib)
        target_compile_options(header_check_${name} PRIVATE ${CONVOY_WARNINGS} -fsyntax-only)
        target_link_libraries(header_check_${name} PRIVATE fmt::fmt ${link})
        add_dependencies(header_check header_check_${name})
    endif()
endfunction()
